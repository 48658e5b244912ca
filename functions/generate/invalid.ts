/** The pieces of an event as JSON text, before they are put together. */
export type Pieces = {
  event_id: string;
  event_type: string;
  timestamp: string;
  user_id: string;
  session_id: string;
  country: string;
  ip: string;
  user_agent: string;
  properties: string;
};

/** Ways in which events are wrong, each as senders get them wrong. Every one is rejected by the schema. */
export const invalidKinds: Readonly<Record<string, (pieces: Pieces) => string>> = {
  negative_user: (pieces) => assemble({ ...pieces, user_id: '-1' }),
  missing_user: ({ user_id: _, ...pieces }) => assemble(pieces),
  bad_type: (pieces) => assemble({ ...pieces, event_type: '"Purchase Completed!"' }),
  no_time: (pieces) => assemble({ ...pieces, timestamp: '"yesterday"' }),
  far_future: (pieces) => assemble({ ...pieces, timestamp: '"9999-12-31T23:59:59Z"' }),
  far_past: (pieces) => assemble({ ...pieces, timestamp: '"1970-01-01T00:00:00Z"' }),
  text_user: (pieces) => assemble({ ...pieces, user_id: '"twelve"' }),
  bad_id: (pieces) => assemble({ ...pieces, event_id: '"42"' }),
  country_name: (pieces) => assemble({ ...pieces, country: '"Germany"' }),
  unknown_field: (pieces) => assemble({ ...pieces, colour: '"red"' }),
  properties_list: (pieces) => assemble({ ...pieces, properties: '[1,2]' }),
  half_character: (pieces) => assemble({ ...pieces, session_id: '"\\ud83d"' }),
  cut_off: (pieces) => assemble(pieces).slice(0, -20),
};

/** One line of JSON from pieces; empty ones are left out. */
export function assemble(pieces: Readonly<Record<string, string>>): string {
  let text = '{';
  for (const name in pieces) {
    const value = pieces[name];
    if (value === undefined || value === '') continue;
    text += `${text.length === 1 ? '"' : ',"'}${name}":${value}`;
  }
  return `${text}}`;
}
