/** What the drawing shows. `kind` is how it looks. */
export const boxes = {
  ingest: { name: 'ingest', kind: 'function' },
  generate: { name: 'generate', kind: 'function' },
  raw: { name: 'events_raw', kind: 'topic' },
  transform: { name: 'transform', kind: 'function' },
  clean: { name: 'events_clean', kind: 'topic' },
  dead: { name: 'events_dlq', kind: 'topic' },
  'mongo-write': { name: 'mongo-write', kind: 'function' },
  'clickhouse-write': { name: 'clickhouse-write', kind: 'function' },
  mongodb: { name: 'MongoDB', kind: 'store' },
  clickhouse: { name: 'ClickHouse', kind: 'store' },
};

/** In words, for those who do not see it. */
export const arrows = {
  ingested: 'ingest to events_raw',
  generated: 'generate to events_raw',
  raw: 'events_raw to transform',
  clean: 'transform to events_clean',
  rejects: 'transform to events_dlq',
  toMongo: 'events_clean to mongo-write',
  toClickhouse: 'events_clean to clickhouse-write',
  mongoRows: 'mongo-write to MongoDB',
  clickhouseRows: 'clickhouse-write to ClickHouse',
  mongoDead: 'mongo-write to events_dlq',
  clickhouseDead: 'clickhouse-write to events_dlq',
};

export const boxWidth = 150;
export const boxHeight = 86;

/**
 * Two layouts: `places` are centres of boxes; an arrow is its path and where its rate stands (`start` and `end`
 * say on which side of that point).
 */
export const wide = {
  width: 1280,
  height: 352,
  places: {
    ingest: [80, 52],
    generate: [80, 182],
    raw: [305, 117],
    transform: [530, 117],
    clean: [755, 117],
    'mongo-write': [980, 52],
    'clickhouse-write': [980, 182],
    mongodb: [1200, 52],
    clickhouse: [1200, 182],
    dead: [530, 304],
  },
  arrows: {
    ingested: { path: 'M155 52C192 52 192 107 224 107', at: [200, 62], side: 'start' },
    generated: { path: 'M155 182C192 182 192 127 224 127', at: [200, 184], side: 'start' },
    raw: { path: 'M380 117H449', at: [414, 108] },
    clean: { path: 'M605 117H674', at: [639, 108] },
    rejects: { path: 'M530 160V265', at: [539, 214], side: 'start' },
    toMongo: { path: 'M830 107C868 107 868 52 899 52', at: [862, 62], side: 'end' },
    toClickhouse: { path: 'M830 127C868 127 868 182 899 182', at: [862, 184], side: 'end' },
    mongoRows: { path: 'M1055 52H1119', at: [1086, 43] },
    clickhouseRows: { path: 'M1055 182H1119', at: [1086, 173] },
    mongoDead: { path: 'M1020 95V117H1090V316H611', at: [1099, 250], side: 'start' },
    clickhouseDead: { path: 'M980 225V292H611', at: [989, 264], side: 'start' },
  },
};

export const narrow = {
  width: 360,
  height: 722,
  places: {
    ingest: [92, 48],
    generate: [268, 48],
    raw: [92, 172],
    transform: [92, 296],
    clean: [92, 420],
    dead: [268, 296],
    'mongo-write': [92, 544],
    'clickhouse-write': [268, 544],
    mongodb: [92, 674],
    clickhouse: [268, 674],
  },
  arrows: {
    ingested: { path: 'M92 91V133', at: [100, 112], side: 'start' },
    generated: { path: 'M268 91C268 172 230 172 174 172', at: [262, 140], side: 'start' },
    raw: { path: 'M92 204V247', at: [100, 236], side: 'start' },
    clean: { path: 'M92 339V381', at: [100, 360], side: 'start' },
    rejects: { path: 'M167 280H186', at: [193, 256], side: 'start' },
    toMongo: { path: 'M92 452V495', at: [84, 478], side: 'end' },
    toClickhouse: { path: 'M167 420C225 420 240 450 240 495', at: [226, 424], side: 'start' },
    mongoRows: { path: 'M92 587V625', at: [100, 610], side: 'start' },
    clickhouseRows: { path: 'M268 587V625', at: [276, 610], side: 'start' },
    mongoDead: { path: 'M140 501V480H192V360H215V335', at: [198, 392], side: 'start' },
    clickhouseDead: { path: 'M310 501V335', at: [302, 372], side: 'end' },
  },
};
