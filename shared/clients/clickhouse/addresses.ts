import { SettingsError } from '../../errors/index.ts';

/**
 * The addresses of a ClickHouse cluster: `http://a:8123|http://b:8123,http://c:8123` is shard 0 with two replicas
 * and shard 1 with one. The order is that of the routes: shards are appended, never renumbered.
 *
 * @returns replicas by shard number.
 * @throws SettingsError when an address is missing or malformed.
 */
export function parseShards(url: string): string[][] {
  const shards = url.split(',').map((shard) => shard.split('|').map((address) => address.trim()));
  const bad = shards.flat().filter((address) => !URL.canParse(address) || !/^https?:/.test(address));
  if (bad.length > 0) {
    throw new SettingsError([
      `CLICKHOUSE_URL: ${bad.map((address) => JSON.stringify(address)).join(', ')} must be an http:// or https:// address`,
    ]);
  }
  return shards;
}
