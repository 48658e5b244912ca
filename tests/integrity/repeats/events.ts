import { createHash } from 'node:crypto';
import { createRandom } from '../chaos/random.ts';

const idOf = (number: number) => {
  const hex = createHash('sha256').update(`repeats ${number}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** Events 0 to `count`, each `copies` times by other users, in an order that follows from the seed. */
export function repeatedEvents({
  count,
  copies,
  seed,
}: {
  count: number;
  copies: number;
  seed: number;
}): object[] {
  const random = createRandom(seed);
  const events: object[] = [];
  for (let i = 0; i < count * copies; i++) {
    const number = i % count;
    const user = number + Math.floor(random() * 1_000_000);
    events.push({ event_id: idOf(number), event_type: 'page_view', user_id: user });
  }
  for (let i = events.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [events[i], events[j]] = [events[j] as object, events[i] as object];
  }
  return events;
}
