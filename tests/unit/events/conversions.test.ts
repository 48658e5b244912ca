import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v5, validate, version } from 'uuid';
import { amountText, currencyText } from '../../../shared/events/amount.ts';
import { derivedEventId, newEventId } from '../../../shared/events/event-id.ts';
import { cutAddress, isAddress } from '../../../shared/events/ip.ts';
import {
  dateTimeAt,
  dateTimeText,
  isoTimeAt,
  parseDateTimeText,
  parseRfc3339,
  writeDateTime,
  writeIsoTime,
} from '../../../shared/events/time.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { sample } from './sample.ts';

describe('addresses are cut to /24 and /48', () => {
  test.each([
    ['203.0.113.77', '203.0.113.0'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:DB8::1', '2001:db8::'],
    ['2001:0db8:0001::', '2001:db8:1::'],
    ['::1', '::'],
    ['::', '::'],
    ['1::', '1::'],
    ['1:0:3::', '1:0:3::'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['::FFFF:cb00:714d', '203.0.113.0'],
    ['0:0:0:0:0:ffff:203.0.113.77', '203.0.113.0'],
    ['64:ff9b::203.0.113.77', '64:ff9b::'],
    ['', ''],
  ])('%s → %s', (address, cut) => {
    expect(cutAddress(address)).toBe(cut);
  });

  test('what comes out is an address, and cutting it again changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const cut = cutAddress(address);
        expect(isAddress(cut)).toBe(true);
        expect(cutAddress(cut)).toBe(cut);
        // Letters of the other case are read group by group.
        expect(cutAddress(address.toUpperCase())).toBe(cut);
      }),
    );
  });
});

describe('amounts', () => {
  test.each([
    [19.9, '19.90'],
    [0, '0.00'],
    [-0, '0.00'],
    [5, '5.00'],
    [-3, '-3.00'],
    [-0.001, '0.00'],
    [-0.005, '-0.01'],
    [1.005, '1.01'],
    [0.1 + 0.2, '0.30'],
    [99.995, '100.00'],
    [1e-7, '0.00'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991.00'],
    [4503599627370495.5, '4503599627370495.50'],
    [1e16, undefined],
    [Number.NaN, undefined],
    ['19.90', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('%p → %s', (value, text) => {
    expect(amountText(value)).toBe(text);
  });

  test('two decimals at most are kept to the digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 13), max: 10 ** 13 }), (cents) => {
        expect(Math.round(Number(amountText(cents / 100)) * 100) + 0).toBe(cents + 0);
      }),
    );
  });

  test('currency is short text as sent', () => {
    expect([currencyText('EUR'), currencyText(''), currencyText(5), currencyText('x'.repeat(17))]).toEqual([
      'EUR',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('times', () => {
  test.each([
    ['2026-11-22T10:15:30Z', Date.UTC(2026, 10, 22, 10, 15, 30)],
    ['2026-11-22T10:15:30.5Z', Date.UTC(2026, 10, 22, 10, 15, 30, 500)],
    ['2026-11-22T10:15:30.999999Z', Date.UTC(2026, 10, 22, 10, 15, 30, 999)],
    ['2026-11-22T10:15:30-00:00', Date.UTC(2026, 10, 22, 10, 15, 30)],
    ['2026-11-22T10:15:30+05:30', Date.UTC(2026, 10, 22, 4, 45, 30)],
    ['2026-12-31T23:59:60Z', Date.UTC(2027, 0, 1)],
    ['2027-01-01T00:59:60+01:00', Date.UTC(2027, 0, 1)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['0099-01-01T00:00:00Z', Date.parse('0099-01-01T00:00:00Z')],
    ['2100-02-29T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-00-01T00:00:00Z', undefined],
    ['2026-11-31T00:00:00Z', undefined],
    ['2026-11-22T24:00:00Z', undefined],
    ['2026-11-22T10:60:00Z', undefined],
    ['2026-11-22T10:15:60Z', undefined],
    ['2026-11-22T10:15:30+24:00', undefined],
    ['2026-11-22T10:15:30+0100', undefined],
    ['2026-11-22T10:15:30.Z', undefined],
    ['2026-11-22 10:15:30Z', undefined],
    ['+002026-11-22T10:15:30Z', undefined],
    ['', undefined],
    [`2026-11-22T10:15:30.${'1'.repeat(100_000)}Z`, undefined],
  ])('%s', (text, ms) => {
    expect(parseRfc3339(text)).toBe(ms);
  });

  test('written as Date writes them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), { minLength: 1 }),
        (times) => {
          const bytes = Buffer.alloc(24);
          for (const time of times) {
            expect(writeIsoTime(bytes, 0, time)).toBe(24);
            expect(bytes.toString()).toBe(new Date(time).toISOString());
          }
        },
      ),
    );
  });

  test('as Date.parse reads them, and through the stores’ form and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2148, 0, 1) }), (ms) => {
        expect(parseRfc3339(new Date(ms).toISOString())).toBe(ms);
        expect(dateTimeText(ms)).toBe(new Date(ms).toISOString().replace('T', ' ').slice(0, 23));
        expect(parseDateTimeText(dateTimeText(ms))).toBe(ms);
        const bytes = Buffer.alloc(24);
        expect(writeDateTime(bytes, 0, ms)).toBe(23);
        expect(bytes.toString('latin1', 0, 23)).toBe(dateTimeText(ms));
        expect(dateTimeAt(bytes, 0)).toBe(ms);
        expect(isoTimeAt(Buffer.from(new Date(ms).toISOString()), 0)).toBe(ms);
      }),
    );
  });

  test.each([
    '2026-11-22T10:15:30.123',
    '2026-02-30 00:00:00.000',
    '2026-11-22 10:15:30',
    ' 2026-11-2210:15:30.123',
    '',
  ])('no time of a store: %s', (text) => {
    expect(parseDateTimeText(text)).toBeUndefined();
  });
});

describe('ids', () => {
  test('derived ones are version 5 of the position, always the same, different for each', () => {
    const id = derivedEventId('IbhzTO9TSJmJyU3SFRAJEA', 3, 42);
    expect(id).toBe(v5('IbhzTO9TSJmJyU3SFRAJEA/3/42', '6f1d3f0e-5b7c-4a52-9c1e-8d2a4b6c7f90'));
    expect(validate(id) && version(id)).toBe(5);
    const others = [
      derivedEventId('IbhzTO9TSJmJyU3SFRAJEA', 34, 2),
      derivedEventId('x', 3, 42),
      derivedEventId('x', 3, 43),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  test('new ones are version 7', () => {
    expect(version(newEventId())).toBe(7);
  });
});

describe('user agents', () => {
  const read = createClientReader();
  test.each([
    [sample.user_agent, 'desktop', 'Chrome'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
      'mobile',
      'Safari',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1',
      'tablet',
      'Safari',
    ],
    ['', '', ''],
    ['curl/8.5.0', 'other', 'other'],
    ['invented-name-4711/1.0 (x)', 'other', 'other'],
  ])('%s', (userAgent, device, browser) => {
    expect(read(userAgent)).toEqual({ device, browser });
  });

  test('any text is answered, the same from memory and from a small one', () => {
    const small = createClientReader({ maxEntries: 2 });
    fc.assert(
      fc.property(fc.string(), (userAgent) => {
        const first = read(userAgent);
        expect(read(userAgent)).toEqual(first);
        expect(small(userAgent)).toEqual(first);
      }),
    );
  });
});
