import type { Settings } from '../../shared/config/index.ts';
import { ownPart } from '../platform/own-part.ts';
import type { Part } from '../platform/part.ts';

const passedOn = [
  'bindAddress',
  'logLevel',
  'dataDir',
  'kafkaBootstrapServers',
  'kafkaTls',
  'kafkaTlsCaFile',
  'kafkaSaslMechanism',
  'kafkaUsername',
  'kafkaPassword',
  'rawTopic',
  'cleanTopic',
  'claimsPort',
] as const satisfies (keyof Settings)[];

/** Where the keeper of this platform answers. */
export const keeperUrl = ({
  bindAddress,
  claimsPort,
}: Pick<Settings, 'bindAddress' | 'claimsPort'>): string => `http://${bindAddress}:${claimsPort}`;

/** The keeper of claims as a part of the platform. */
export const claimsPart = (settings: Settings): Part =>
  ownPart(settings, {
    name: 'claims',
    main: 'infra/claims/main.ts',
    port: 'claimsPort',
    passedOn,
    after: [],
    detailOf: async (answer, address) => {
      const { ready, state } = (await answer.json()) as { ready: boolean; state: string };
      // Reading its claims anew may take long; meanwhile events wait, and nothing is wrong with the process.
      return ready ? address : state;
    },
  });
