import Bowser from 'bowser';

export interface Client {
  /** desktop, mobile, tablet, tv, bot, other; '' without a user agent. */
  device: string;
  /** Name of a known browser, else other; '' without a user agent. */
  browser: string;
}

const none: Client = { device: '', browser: '' };
const unknown: Client = { device: 'other', browser: 'other' };

// For an unknown program bowser takes the name from the text itself: as many names as senders care to invent.
const knownBrowsers = new Set(Object.values(Bowser.BROWSER_MAP));
const knownDevices = new Set(Object.values(Bowser.PLATFORMS_MAP));

/**
 * Reads device and browser from user agents. Parsing costs a hundred times a look-up, and few texts make up
 * nearly all traffic: the last `maxEntries` different ones are remembered.
 */
export function createClientReader({
  maxEntries = 5000,
}: {
  maxEntries?: number;
} = {}): (userAgent: string) => Client {
  const known = new Map<string, Client>();
  return (userAgent) => {
    if (userAgent === '') return none;
    const found = known.get(userAgent);
    if (found !== undefined) return found;
    const client = parse(userAgent);
    if (known.size >= maxEntries) {
      // The oldest goes; those in use come back at the price of one parse.
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    }
    known.set(userAgent, client);
    return client;
  };
}

function parse(userAgent: string): Client {
  try {
    const { platform, browser } = Bowser.parse(userAgent);
    return {
      device: platform.type !== undefined && knownDevices.has(platform.type) ? platform.type : 'other',
      browser: browser.name !== undefined && knownBrowsers.has(browser.name) ? browser.name : 'other',
    };
  } catch {
    // Bowser throws on a few texts; a client that cannot be told is no reason to lose an event.
    return unknown;
  }
}
