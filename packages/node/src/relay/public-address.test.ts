import { test } from 'node:test'
import { expect } from 'expect'
import { isPublicAddress } from './public-address.ts'

test('addresses of the public internet are public', () => {
  for (const address of ['1.1.1.1', '9.255.255.255', '100.63.255.255', '100.128.0.0', '172.15.0.1', '172.32.0.1']) {
    expect([address, isPublicAddress(address)]).toEqual([address, true])
  }
  for (const address of ['223.255.255.255', '2606:4700::1111', '2a00:1450:4001::1', '2001:200::1', '3ffe::1']) {
    expect([address, isPublicAddress(address)]).toEqual([address, true])
  }
})

test('no others are, in whatever form they are written', () => {
  const version4 = [
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.9.9.9'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
    ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
    '255.255.255.255',
  ]
  const version6 = [
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::ffff:a00:1',
      '::10.0.0.1',
      '64:ff9b::a00:1',
      '64:ff9b:1::1',
    ],
    ...['100::1', '2001::1', '2001:0:1::', '2001:10::1', '2001:20::1', '2001:db8::1', '2002:a00:1::', '3fff::1'],
    ...['5f00::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2606:4700::1%eth0'],
  ]
  const nonsense = ['', 'localhost', '1.1.1', '01.1.1.1', '0x7f000001', '2130706433', '[::1]', '1.1.1.1 ', '1.1.1.1:80']
  for (const address of [...version4, ...version6, ...nonsense]) {
    expect([address, isPublicAddress(address)]).toEqual([address, false])
  }
})
