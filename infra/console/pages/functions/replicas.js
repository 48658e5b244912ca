/** "2", or "1 of 2" while some are missing. */
export const replicasText = ({ available, desired }) =>
  available === desired ? String(desired) : `${available} of ${desired}`;

export const replicasTone = ({ available, desired }) =>
  available === desired ? '' : available === 0 ? 'is-bad' : 'is-warning';
