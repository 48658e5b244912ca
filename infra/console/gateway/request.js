/**
 * A request to the gateway; the browser adds the password it was given.
 *
 * @param {Record<string, string>} [headers]
 * @throws Error in the gateway's own words
 */
export async function request(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error('The gateway does not answer.');
  }
  if (!answer.ok) throw new Error(await errorOf(answer));
  return answer;
}

/** The same, for JSON answers. */
export async function requestJson(method, path, body, headers) {
  return (await request(method, path, body, headers)).json();
}

async function errorOf(answer) {
  const text = (await answer.text()).trim().slice(0, 2000);
  try {
    const { error } = JSON.parse(text);
    if (typeof error === 'string') return error;
  } catch {
    // Most errors are one line of text.
  }
  return text || `${answer.status} ${answer.statusText}`;
}
