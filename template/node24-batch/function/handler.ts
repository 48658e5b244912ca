import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** Answers an HTTP call. For batches of Kafka records see README.md of this template. */
export const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => ({
  statusCode: 200,
  body: JSON.stringify({
    method: event.requestContext.http.method,
    path: event.rawPath,
    body: event.body ?? null,
  }),
});
