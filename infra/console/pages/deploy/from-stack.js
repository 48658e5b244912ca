import { h } from '../../dom/element.js';
import { field, onSubmit, outcome } from '../../dom/form.js';
import { deployFunction, readStack } from '../../gateway/functions.js';

/** Reads a pasted part of a stack.yml, shows what would happen, and deploys it. */
export function createStackDeploy({ exists }) {
  const source = h('textarea', { rows: 10, spellcheck: 'false', required: true, class: 'code' });
  const said = outcome();
  const deploySaid = outcome();
  const plan = h('div', { class: 'result', hidden: true });
  const form = h(
    'form',
    { 'aria-label': 'Deploy from stack.yml' },
    field('Part of a stack.yml', source, {
      hint: 'A whole file, its functions, or one of them. Variables in it are put in by the gateway.',
    }),
    h('div', { class: 'buttons' }, h('button', { type: 'submit' }, 'Read')),
    said.element,
  );
  onSubmit(form, said, async () => {
    plan.hidden = true;
    const deployments = await readStack(source.value);
    plan.replaceChildren(createPlan(deployments));
    plan.hidden = false;
  });

  function createPlan(deployments) {
    const go = h('form', { 'aria-label': 'Deploy what was read' });
    go.append(
      h(
        'ul',
        { class: 'plan' },
        ...deployments.map((d) =>
          h(
            'li',
            {},
            h('strong', {}, d.service),
            exists(d.service) ? ' will be updated' : ' will be created',
            ` from ${d.image}`,
            h(
              'details',
              {},
              h('summary', {}, `All of ${d.service}`),
              h(
                'pre',
                { tabindex: 0, 'aria-label': `Deployment of ${d.service}` },
                JSON.stringify(d, null, 2),
              ),
            ),
          ),
        ),
      ),
      h(
        'div',
        { class: 'buttons' },
        h(
          'button',
          { type: 'submit', class: 'primary' },
          deployments.length === 1 ? 'Deploy it' : `Deploy these ${deployments.length}`,
        ),
      ),
      deploySaid.element,
    );
    onSubmit(go, deploySaid, async () => {
      const done = [];
      for (const deployment of deployments) {
        const { service } = deployment;
        try {
          done.push(`${service}: ${await deployFunction(deployment, { exists: exists(service) })}.`);
        } catch (error) {
          throw new Error([...done, `${service}: ${error.message}`].join(' '));
        }
      }
      return done.join(' ');
    });
    return go;
  }

  return h('section', {}, h('h2', {}, 'From stack.yml'), form, plan);
}
