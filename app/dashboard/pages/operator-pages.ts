import type { ShownSetting } from '../../config/shown-settings.ts';
import type { DeliveryFacts } from '../../store/stores.ts';
import { formFields, type Frame } from './layout.ts';
import { ago, foreign, html, type Html } from './html.ts';

const STATES = ['new', 'settled', 'parked'] as const;

/** Deliveries of GitHub, and those that could not be handled and wait for a person. */
export function renderDeliveries(
  facts: {
    readonly deliveries: readonly DeliveryFacts[];
    readonly state: DeliveryFacts['state'] | null;
    readonly now: Date;
    readonly formKey: string;
  },
  frame: Frame,
): Html {
  const { deliveries, now, state } = facts;
  const looks = { new: 'live', settled: 'good', parked: 'bad' } as const;
  const rows = deliveries.map(
    (one) =>
      html`<tr>
        <td><span class="badge ${looks[one.state]}">${one.state}</span></td>
        <td><code>${foreign(one.id, 60)}</code><span class="sub">${foreign(one.event, 40)}</span></td>
        <td>${one.note === null ? '' : foreign(one.note, 300)}</td>
        <td class="num">${one.takes}</td>
        <td class="age">${ago(one.receivedAt, now)}</td>
        <td>${one.state === 'parked' ? html`<button name="id" value="${one.id}">Handle again</button>` : ''}</td>
      </tr>`,
  );
  return html`<h1>Deliveries</h1>
    <p class="dim">
      What GitHub sent. A delivery that failed three times is parked: it is kept with its reason until somebody has it
      handled again.
    </p>
    <nav class="filters" aria-label="State">
      ${[null, ...STATES].map((name) =>
        name === state
          ? html`<a class="button" href="/deliveries${name === null ? '' : `?state=${name}`}" aria-current="true"
              >${name ?? 'all'}</a
            >`
          : html`<a class="button" href="/deliveries${name === null ? '' : `?state=${name}`}">${name ?? 'all'}</a>`,
      )}
    </nav>
    <form method="post" action="/deliveries">
      ${formFields(frame, facts.formKey)}
      <div class="scroll" tabindex="0" role="group" aria-label="Deliveries">
        <table>
          <caption class="hidden">
            Deliveries
          </caption>
          <thead>
            <tr>
              <th>State</th>
              <th>Delivery</th>
              <th>What became of it</th>
              <th class="num">Takes</th>
              <th>Received</th>
              <th><span class="hidden">Action</span></th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
        ${rows.length === 0 ? html`<p class="empty">There is none.</p>` : ''}
      </div>
      <div class="bar"><button name="id" value="*">Handle all parked deliveries again</button></div>
    </form>`;
}

/** The settings as they hold. Secrets are not shown. */
export function renderSettings(settings: readonly ShownSetting[]): Html {
  const groups = [...Map.groupBy(settings, ({ group }) => group)];
  return html`<h1>Settings</h1>
    <p class="dim">As this process read them when it started. They are changed in its environment.</p>
    ${groups.map(
      ([group, rows]) =>
        html`<section>
          <h2>${group}</h2>
          <div class="scroll" tabindex="0" role="group" aria-label="${group}">
            <table>
              <caption class="hidden">
                ${group}
              </caption>
              <thead>
                <tr>
                  <th>Setting</th>
                  <th>Value</th>
                  <th>From</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  (row) =>
                    html`<tr>
                      <th scope="row"><code>${row.name}</code><span class="sub">${row.description}</span></th>
                      <td>
                        ${row.value === null ? html`<span class="dim">not set</span>` : html`<code>${foreign(row.value, 300)}</code>`}
                      </td>
                      <td class="dim">${row.from}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
        </section>`,
    )}`;
}
