/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * hash.c: content hashes. XXH3 is compiled in from libxxhash's header: 3 ns for a name, and no
 * library at run time.
 */
#include <weft/abi/value.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t weft_hash_bytes(const void *bytes, size_t size)
{
	return XXH3_64bits(size ? bytes : "", size);
}

uint64_t weft_hash_text(struct weft_text text)
{
	return weft_hash_bytes(text.data, text.size);
}
