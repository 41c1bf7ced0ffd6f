/** A command that cannot be carried out as it stands; the message is for the person, and nothing was changed. */
export class ProvisioningRefused extends Error {
  override readonly name = 'ProvisioningRefused';
}
