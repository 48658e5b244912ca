import { createRandom } from './random.ts';

/** What stays the same with a user. */
export interface Person {
  country: string;
  ip: string;
  userAgent: string;
}

/** User of the example questions; appears in every run. */
export const exampleUserId = 12_345;

/** Ranks of users become ids from here on, so that the example user is one of them. */
const firstUserId = 10_000;

export function userIdOf(rank: number): number {
  return firstUserId + rank;
}

/** The same user has the same country, address and browser in every run of a seed. */
export function createPeople(seed: number): (userId: number) => Person {
  const random = createRandom();
  return (userId) => {
    random.reset(seed, userId, 0x5050);
    const country = skewed(countries);
    const userAgent = skewed(userAgents);
    return { country, userAgent, ip: random.below(5) === 0 ? ipv6() : ipv4() };
  };

  function skewed(list: readonly string[]): string {
    return list[Math.floor(random.unit() ** 2 * list.length)] as string;
  }
  function ipv4(): string {
    return `${11 + random.below(100)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;
  }
  function ipv6(): string {
    return `2a0${random.below(8)}:${hex()}:${hex()}::${hex()}`;
  }
  function hex(): string {
    return (1 + random.below(0xffff)).toString(16);
  }
}

const countries = 'DE US FR GB PL NL IT ES AT CH SE DK NO FI BE CZ PT IE BR IN JP CA AU MX ZA'.split(' ');

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const userAgents = [
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/131.0.0.0 Safari/537.36`,
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Chrome/130.0.0.0 Safari/537.36`,
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0',
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`,
  `Mozilla/5.0 (Linux; Android 13; SM-S911B) ${webkit} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36`,
  'Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0',
  `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/129.0.0.0 Safari/537.36 OPR/114.0.0.0`,
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
];
