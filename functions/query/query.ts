import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { HttpError } from '../../shared/errors/index.ts';
import { chooseFormat, type Format, formatAnswer } from './answer.ts';
import { queryOpenApi } from './openapi.ts';
import { readParameters, splitProperties } from './parameters.ts';
import type { Dependencies } from './question.ts';
import { createQuestions } from './questions.ts';
import { findQuestion } from './route.ts';

/**
 * Answers `GET` requests: one question a path, `/` and `/openapi.json` for what can be asked.
 *
 * @throws HttpError 400, 404, 405, 422, 503, 504; each says what is wrong and names the parameter or the limit.
 */
export function createQuery(dependencies: Dependencies) {
  const questions = createQuestions(dependencies);
  return async (
    event: APIGatewayProxyEventV2,
    signal?: AbortSignal,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const method = event.requestContext.http.method;
    if (method !== 'GET' && method !== 'HEAD')
      throw new HttpError(405, `questions are asked with GET, not ${method}`);
    if (/^(\/function\/[^/]+)?(\/|\/openapi\.json)?$/.test(event.rawPath)) {
      const body = JSON.stringify(queryOpenApi(questions));
      return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
    }
    const found = findQuestion(questions, event.rawPath);
    if (found === undefined) {
      throw new HttpError(404, `${event.rawPath}: no such question`, {
        details: { questions: questions.map(({ path }) => path) },
      });
    }
    const { properties, others } = splitProperties(queryOf(event));
    const given = readParameters(found.question.parameters, { ...others, ...found.inPath });
    const answer = await found.question.answer(given as never, { properties, signal });
    return formatAnswer(answer, chooseFormat(given.format as Format | undefined, event.headers.accept));
  };
}

function queryOf(event: APIGatewayProxyEventV2): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(event.rawQueryString));
}
