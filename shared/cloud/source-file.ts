import { GoogleAuth } from 'google-auth-library'

/** Why a source cannot be read, in words for whoever named it. */
export class SourceUnavailable extends Error {}

const TIMEOUT_MS = 60_000
const MOST_REDIRECTS = 3
const STORAGE = 'https://storage.googleapis.com'

let auth: GoogleAuth | null = null

const bucketToken = async (): Promise<Record<string, string>> => {
  if (process.env.STORAGE_EMULATOR_HOST) return {}
  auth ??= new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/devstorage.read_only'] })
  try {
    return { authorization: `Bearer ${await auth.getAccessToken()}` }
  } catch (cause) {
    throw new SourceUnavailable('there are no credentials to read buckets with', { cause })
  }
}

/** `gs://bucket/path` as the address of its bytes; anything else is an address already. */
function addressOf(source: string): URL {
  const bucket = /^gs:\/\/([^/]+)\/(.+)$/.exec(source)
  const [, name = '', path = ''] = bucket ?? []
  const host = process.env.STORAGE_EMULATOR_HOST ?? STORAGE
  const text = bucket ? `${host}/storage/v1/b/${encodeURIComponent(name)}/o/${encodeURIComponent(path)}?alt=media` : source
  if (!URL.canParse(text)) throw new SourceUnavailable(`“${source}” is neither gs://bucket/path nor a URL`)
  return new URL(text)
}

/** Only https leaves the machine: what answers http inside a cloud is not for reading. */
function assertSafe(address: URL): void {
  const local = process.env.K_SERVICE === undefined && ['127.0.0.1', 'localhost'].includes(address.hostname)
  if (address.protocol !== 'https:' && !(address.protocol === 'http:' && local)) {
    throw new SourceUnavailable(`${address.protocol}//${address.host} is not read; give an https URL or gs://bucket/path`)
  }
}

/** The bytes of a bucket's object or a URL, as they come. @throws SourceUnavailable */
export async function openSource(source: string): Promise<AsyncIterable<Uint8Array>> {
  let address = addressOf(source)
  const { origin } = address
  assertSafe(address)
  const token = source.startsWith('gs://') ? await bucketToken() : {}
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    assertSafe(address)
    // Our token is for the bucket's host, and for nobody whom that may name.
    const response = await ask(address, address.origin === origin ? token : {})
    const next = response.headers.get('location')
    if (response.ok && response.body) return response.body
    await response.body?.cancel()
    if (response.status < 300 || response.status >= 400 || !next) {
      throw new SourceUnavailable(`${address.host} answers ${response.status}`)
    }
    address = new URL(next, address)
  }
  throw new SourceUnavailable(`more than ${MOST_REDIRECTS} redirects`)
}

async function ask(address: URL, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(address, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw new SourceUnavailable(`${address.host} does not answer`, { cause })
  }
}
