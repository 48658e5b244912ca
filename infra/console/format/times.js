const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** "14:03:07", local */
export const timeOfDay = (time) => clock.format(new Date(time));

/** "1 Mar 2026, 14:03", local */
export const dateAndTime = (time) => (time ? day.format(new Date(time)) : '–');

/** "22 Nov", of the UTC day */
export const dayOfYear = (time) => shortDay.format(new Date(time));
