/** Bounds of one event and of one request; the schema and the documents are made from these. */
export const limits = {
  eventBytes: 65_536,
  requestBytes: 10 * 1024 * 1024,
  requestEvents: 10_000,
  sessionIdChars: 128,
  userAgentChars: 1024,
  propertyKeys: 100,
  /** The properties object itself is the first level. */
  propertyLevels: 8,
  /** Of the properties as JSON text without blanks, in UTF-8. */
  propertyBytes: 32_768,
  futureMs: 24 * 3_600_000,
} as const;
