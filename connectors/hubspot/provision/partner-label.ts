/** The label between a deal and the company of the partner who brought it. */
import { LabelsAnswer } from '../schema.ts';
import { associationLabelsPath } from '../versions.ts';
import { change, read, type Hands, type Step } from './hands.ts';
import { writeScope } from './within-scopes.ts';

/** The label's name is the portal's and unchangeable; people see and may rename the texts. */
export const PARTNER_LABEL = {
  name: 'tributary_partner_of_record',
  label: 'Partner of record',
  inverseLabel: 'Partner of record for',
} as const;

export const partnerLabelItem = `association label deals → companies: ${PARTNER_LABEL.label}`;

/** Its type id from deal to company, by its text; null where the portal has none. HubSpot lists no names of labels. */
export async function findPartnerLabel(hands: Hands): Promise<number | null> {
  const { results } = await read(hands, associationLabelsPath('deals', 'companies'), LabelsAnswer);
  const found = results.find(
    ({ category, label }) => category === 'USER_DEFINED' && label === PARTNER_LABEL.label,
  );
  return found?.typeId ?? null;
}

export async function planPartnerLabel(hands: Hands): Promise<Step[]> {
  const item = partnerLabelItem;
  if ((await findPartnerLabel(hands)) !== null)
    return [{ item: { item, state: 'exists', found: 'is there' } }];
  const found = `from the company: “${PARTNER_LABEL.inverseLabel}”`;
  const path = associationLabelsPath('deals', 'companies');
  return [
    {
      item: { item, state: 'create', found },
      scopes: [writeScope('deals'), writeScope('companies')],
      act: (acting) => change(acting, 'POST', path, PARTNER_LABEL),
    },
  ];
}
