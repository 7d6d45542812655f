import { BlockList, isIPv6 } from 'node:net'

/** An IPv4 address that came over an IPv6 socket is itself. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')

/** Whether an address is on a list of addresses and ranges (`10.0.0.0/8`); an empty list holds all. What is no address is on none. */
export function isAllowed(list: readonly string[], from: string): boolean {
  if (list.length === 0) return true
  const allowed = new BlockList()
  for (const entry of list) {
    const [address = '', bits] = plain(entry.trim()).split('/')
    try {
      if (bits === undefined) allowed.addAddress(address, familyOf(address))
      else allowed.addSubnet(address, Number(bits), familyOf(address))
    } catch {
      // An entry that is no address lets nobody in.
    }
  }
  const address = plain(from)
  try {
    return allowed.check(address, familyOf(address))
  } catch {
    return false
  }
}
