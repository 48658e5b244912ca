type Fields = Record<string, unknown>;

/** Ways in which events are wrong, each as senders get them wrong. Every one is rejected by the schema. */
export const invalidKinds: Readonly<Record<string, (event: Fields) => string>> = {
  negative_user: (event) => JSON.stringify({ ...event, user_id: -1 }),
  missing_user: ({ user_id: _, ...event }) => JSON.stringify(event),
  bad_type: (event) => JSON.stringify({ ...event, event_type: 'Purchase Completed!' }),
  no_time: (event) => JSON.stringify({ ...event, timestamp: 'yesterday' }),
  far_future: (event) => JSON.stringify({ ...event, timestamp: '9999-12-31T23:59:59Z' }),
  far_past: (event) => JSON.stringify({ ...event, timestamp: '1970-01-01T00:00:00Z' }),
  text_user: (event) => JSON.stringify({ ...event, user_id: 'twelve' }),
  bad_id: (event) => JSON.stringify({ ...event, event_id: '42' }),
  country_name: (event) => JSON.stringify({ ...event, country: 'Germany' }),
  unknown_field: (event) => JSON.stringify({ ...event, colour: 'red' }),
  properties_list: (event) => JSON.stringify({ ...event, properties: [1, 2] }),
  half_character: (event) => JSON.stringify({ ...event, session_id: '\ud83d' }),
  cut_off: (event) => JSON.stringify(event).slice(0, -20),
};
