import type { Settings } from '../../shared/config/index.ts';
import { ownPart } from '../platform/own-part.ts';
import type { Part } from '../platform/part.ts';

const passedOn = [
  'bindAddress',
  'logLevel',
  'gatewayUrl',
  'gatewayUser',
  'gatewayPassword',
  'connectorUrls',
  'autoscalerPort',
  'dlqTopic',
] as const satisfies (keyof Settings)[];

/** The autoscaler as a part of the platform. */
export const autoscalerPart = (settings: Settings): Part =>
  ownPart(settings, {
    name: 'autoscaler',
    main: 'infra/autoscaler/index.ts',
    port: 'autoscalerPort',
    passedOn,
    // Not after the connector: without its readings it waits.
    after: ['gateway'],
    detailOf: async (answer, address) => (answer.ok ? address : (await answer.text()).trim()),
  });
