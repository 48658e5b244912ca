import { definitions } from '../../shared/config/settings.ts';

type Row = {
  env: string;
  group: string;
  help: string;
  /** The default as a value; absent where it is computed or there is none. */
  value?: string;
  /** Words that say what holds without the setting. */
  words?: string;
  secret: boolean;
};

/** Every setting as the tables show it, in the order of the code. */
export function settingRows(): Row[] {
  return Object.values(definitions).map((definition) => {
    const { env, group, help } = definition;
    const shown = 'shownDefault' in definition ? definition.shownDefault : undefined;
    const parsed = definition.schema.safeParse(undefined);
    return {
      env,
      group,
      help,
      ...(shown === undefined && parsed.success && parsed.data !== undefined
        ? { value: String(parsed.data) }
        : {}),
      ...(shown === undefined ? {} : { words: shown }),
      secret: 'secret' in definition && definition.secret === true,
    };
  });
}

/** `.env.example`: every setting, each with its meaning, none of them set. */
export function envExample(rows: readonly Row[] = settingRows()): string {
  const lines = [
    '# Settings of the event pipeline. Copy this file to .env and take away the # before those to change.',
    '# Made from shared/config/settings.ts by `make settings`.',
  ];
  for (const [group, members] of groups(rows)) {
    lines.push('', `## ${group}`);
    for (const { env, help, value = '', words } of members) {
      lines.push('', `# ${help}${words ? ` (default: ${words.replaceAll('`', '')})` : ''}`);
      lines.push(`#${env}=${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The README's table of settings. */
export function settingsTable(rows: readonly Row[] = settingRows()): string {
  const lines: string[] = [];
  for (const [group, members] of groups(rows)) {
    lines.push('', `**${group}**`, '', '| Setting | Default | Meaning |', '|---|---|---|');
    for (const { env, help, value, words = '', secret } of members) {
      const file = secret ? `; or in the file that \`${env}_FILE\` names` : '';
      lines.push(
        `| \`${env}\` | ${value ? `\`${value}\`` : words} | ${help.replaceAll('|', '\\|')}${file} |`,
      );
    }
  }
  return lines.join('\n').trim();
}

const start = '<!-- settings: made by `make settings` -->';
const end = '<!-- /settings -->';

/** The README with its table of settings as it must be. @throws when its marks are not there. */
export function withSettings(readme: string, tables: string = settingsTable()): string {
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks the marks ${start} … ${end}`);
  return `${readme.slice(0, from + start.length)}\n\n${tables}\n\n${readme.slice(to)}`;
}

function groups(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, ({ group }) => group);
}
