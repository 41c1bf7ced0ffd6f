import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { opportunity, within } from '../../test/salesforce/open-org.ts';
import { openOrgToPrepare, runtimeUser, type OrgToPrepare } from '../../test/salesforce/provisioning.ts';

let prepared: OrgToPrepare;

beforeAll(async () => {
  prepared = await openOrgToPrepare('fresh');
  await prepared.provision();
});
afterAll(() => prepared.close());

/** Made by the run-time user, as the mirror makes it. */
async function made(): Promise<string> {
  const users = await prepared.org.records('User');
  const author = users.find(({ Username }) => Username === runtimeUser)?.['Id'];
  const by = { CreatedById: author, LastModifiedById: author };
  const [id = ''] = await prepared.org.seed('Opportunity', { ...opportunity(), ...by });
  return id;
}

describe('a record that we made', () => {
  it('is not called removable where our user may not delete, which is what provisioning leaves it with', async () => {
    const id = await made();
    const [found] = (await prepared.runtime().removal?.inspect('Opportunity', [id], within())) ?? [];
    expect(found?.refused).toContain('grant it Delete on Opportunity');
  });

  it('is removable once that is granted', async () => {
    const id = await made();
    const { metadata } = prepared.byHand;
    const set = await metadata.read('PermissionSet', 'Tributary_Integration');
    await metadata.update('PermissionSet', {
      ...set,
      objectPermissions: set.objectPermissions.map((one) =>
        one.object === 'Opportunity' ? { ...one, allowDelete: true } : one,
      ),
    } as never);
    const connector = prepared.runtime();
    expect(await connector.removal?.inspect('Opportunity', [id], within())).toEqual([
      { crmId: id, refused: null },
    ]);
    expect(await connector.removal?.remove([id], within())).toEqual([{ crmId: id, status: 'removed' }]);
  });
});
