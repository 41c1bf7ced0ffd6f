import { describe, expect, it } from '@jest/globals';
import { signatureV1, signatureV2, signatureV3 } from './signature.ts';

const secret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const request = {
  method: 'POST',
  uri: 'https://www.example.com/webhook_uri',
  body: "{'example_field':'example_value'}",
};

describe('webhook signatures', () => {
  it('equal the vendor’s known answers', () => {
    expect(signatureV1(secret, request.body)).toBe(
      '69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750',
    );
    expect(signatureV2(secret, request)).toBe(
      '4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383',
    );
    expect(signatureV3(secret, request, '15000000')).toBe('HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=');
    expect(signatureV3(secret, request, '1693657560000')).toBe(
      'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
    );
  });

  it('decode the twelve escapes of the address and no other', () => {
    const sign = (uri: string) => signatureV3(secret, { ...request, uri }, '1');
    expect(sign('https://h/%3Aa%2f%2C')).toBe(sign('https://h/:a/,'));
    expect(sign('https://h/%20')).not.toBe(sign('https://h/ '));
  });
});
