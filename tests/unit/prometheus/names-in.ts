/** What a PromQL expression reads. */
export interface Named {
  metrics: string[];
  /** Of matchers and groupings. */
  labels: string[];
}

const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'group_left', 'group_right', 'inf', 'nan']);
const grouping = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
const matchers = /\{([^{}]*)\}/g;

/** The names of metrics and labels in an expression; `{__name__=~"a|b"}` names both. */
export function namesIn(expression: string): Named {
  const named = [...expression.matchAll(/__name__=~?"([\w|:]+)"/g)].flatMap(([, names = '']) =>
    names.split('|'),
  );
  const labels = [
    ...[...expression.matchAll(grouping)].flatMap(([, list = '']) => list.split(',')),
    ...[...expression.matchAll(matchers)].flatMap(([, list = '']) =>
      [...list.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label),
    ),
  ].map((label) => label.trim());
  const bare = expression
    .replace(matchers, ' ')
    .replace(/"(?:[^"\\]|\\.)*"/g, ' ')
    .replace(grouping, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\boffset\s+\w+/g, ' ')
    .replace(/\b[\d.]+(?:e[+-]?\d+)?\w*\b/gi, ' ');
  const found = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([name]) => name);
  return {
    metrics: [...new Set([...named, ...found.filter((name) => !words.has(name.toLowerCase()))])],
    labels: [...new Set(labels.filter((label) => label !== '' && label !== '__name__'))],
  };
}
