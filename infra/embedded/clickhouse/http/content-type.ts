const byFormat: Record<string, string> = {
  csv: 'text/csv; charset=UTF-8; header=absent',
  csvwithnames: 'text/csv; charset=UTF-8; header=present',
  csvwithnamesandtypes: 'text/csv; charset=UTF-8; header=present',
  xml: 'application/xml; charset=UTF-8',
  html: 'text/html; charset=UTF-8',
  markdown: 'text/markdown; charset=UTF-8',
  sqlinsert: 'text/plain; charset=UTF-8',
  parquet: 'application/octet-stream',
  arrow: 'application/octet-stream',
  arrowstream: 'application/octet-stream',
  native: 'application/octet-stream',
  rowbinary: 'application/octet-stream',
  rowbinarywithnames: 'application/octet-stream',
  rowbinarywithnamesandtypes: 'application/octet-stream',
  avro: 'application/octet-stream',
  orc: 'application/octet-stream',
  msgpack: 'application/octet-stream',
  bsoneachrow: 'application/octet-stream',
  npy: 'application/octet-stream',
};

/** The Content-Type of an answer in this format of ClickHouse. */
export function contentTypeOf(format: string): string {
  const name = format.toLowerCase();
  if (byFormat[name] !== undefined) return byFormat[name];
  if (/^json.*eachrow$|^ndjson$|^jsonlines$/.test(name)) return 'application/x-ndjson; charset=UTF-8';
  if (name.startsWith('json')) return 'application/json; charset=UTF-8';
  if (/^(tsv|tabseparated)/.test(name)) return 'text/tab-separated-values; charset=UTF-8';
  return 'text/plain; charset=UTF-8';
}
