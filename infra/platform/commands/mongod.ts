import { fetchMongod, officialMongod } from '../../embedded/mongo/official.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make mongod`: MongoDB's own server, once; from then on `make up` runs it instead of the stand-in. */
await main(async () => {
  const settings = platformSettings();
  const version = await fetchMongod(settings);
  console.log(`${version} is in ${officialMongod(settings)}.`);
  console.log(
    '`make up` runs it from now on, with a data folder of its own: events of the stand-in stay in Kafka and',
  );
  console.log('ClickHouse, not in it. Remove the file to have the stand-in again.');
});
