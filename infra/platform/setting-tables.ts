import { definitions } from '../../shared/config/settings.ts';

type Row = { env: string; group: string; help: string; shown: string; secret: boolean };

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
      shown: shown ?? (parsed.success && parsed.data !== undefined ? String(parsed.data) : ''),
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
    for (const { env, help, shown } of members) {
      const plain = /^[\w./:-]*$/.test(shown);
      lines.push('', `# ${help}${plain ? '' : ` (default: ${shown.replaceAll('`', '')})`}`);
      lines.push(`#${env}=${plain ? shown : ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The README's table of settings. */
export function settingsTable(rows: readonly Row[] = settingRows()): string {
  const lines: string[] = [];
  for (const [group, members] of groups(rows)) {
    lines.push('', `**${group}**`, '', '| Setting | Default | Meaning |', '|---|---|---|');
    for (const { env, help, shown, secret } of members) {
      const plain = /^[\w./:-]+$/.test(shown);
      const file = secret ? `; or in the file that \`${env}_FILE\` names` : '';
      lines.push(
        `| \`${env}\` | ${plain ? `\`${shown}\`` : shown} | ${help.replaceAll('|', '\\|')}${file} |`,
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
