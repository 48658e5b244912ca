import { setText } from '../dom/element.js';
import { duration } from '../format/numbers.js';

/**
 * Says in the page's head whether what it shows is live, and across the page when it is not. Only the change is
 * read out, not every second of it.
 */
export function showLiveness(live, { badge, text, banner, main }) {
  live.subscribe(() => {
    const old = live.isOld();
    const known = live.state() !== undefined;
    badge.className = `live ${old ? 'is-old' : 'is-live'}`;
    main.classList.toggle('is-old', old && known);
    if (!old) {
      setText(text, 'Live');
      banner.hidden = true;
      return;
    }
    setText(text, known ? `${duration(Math.round(live.ageMs() / 1000))} old` : 'Connecting');
    const words = known
      ? 'What you see is old: the gateway does not answer. Trying again.'
      : 'Waiting for the gateway’s first answer.';
    setText(banner, words);
    banner.hidden = false;
  });
}
