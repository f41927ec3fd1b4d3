/** Cache Storage in memory. */
export function fakeCaches(): CacheStorage {
  const stores = new Map<string, Map<string, Response>>()
  const urlOf = (request: RequestInfo | URL) => (request instanceof Request ? request.url : String(request))
  const open = async (name: string): Promise<Cache> => {
    const store = stores.get(name) ?? new Map<string, Response>()
    stores.set(name, store)
    const cache: Pick<Cache, 'match' | 'put'> = {
      match: async (request) => store.get(urlOf(request))?.clone(),
      put: async (request, response) => void store.set(urlOf(request), response),
    }
    return cache as Cache
  }
  const fake: Pick<CacheStorage, 'open' | 'keys' | 'delete' | 'has' | 'match'> = {
    open,
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
    has: async (name) => stores.has(name),
    match: async (request) => {
      for (const store of stores.values()) {
        const found = store.get(urlOf(request))
        if (found !== undefined) return found.clone()
      }
      return undefined
    },
  }
  return fake as CacheStorage
}
