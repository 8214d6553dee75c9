/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * describe.h: initializers of type descriptors (struct weft_type), one line each, as generated code
 * writes them. `ids` says whether a value holds intern ids.
 */
#ifndef WEFT_ABI_DESCRIBE_H
#define WEFT_ABI_DESCRIBE_H

#include <weft/abi/value.h>

enum { WEFT_NO_IDS = 0, WEFT_HAS_IDS = 1 };

#define WEFT_COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Fields of records: of rows that no document holds; with its path in one (NULL: the name itself);
 * with what makes it when it is absent or empty. */
#define WEFT_COLUMN(c_type, name, type)                               \
	{                                                             \
#name, offsetof(c_type, name), type, NULL, NULL, NULL \
	}
#define WEFT_FIELD(c_type, name, type, path)                          \
	{                                                             \
#name, offsetof(c_type, name), type, path, NULL, NULL \
	}
#define WEFT_FIELD_OR(c_type, name, type, path, absent, empty)           \
	{                                                                \
#name, offsetof(c_type, name), type, path, absent, empty \
	}

#define WEFT_RECORD_TYPE(name, c_type, align, ids, fields)                                         \
	{                                                                                          \
		name, WEFT_KIND_RECORD, align, false, (ids) != 0, sizeof(c_type), 0, NULL, fields, \
			WEFT_COUNT(fields), NULL, NULL, 0                                          \
	}
#define WEFT_EMPTY_RECORD_TYPE(name, c_type)                                                     \
	{                                                                                        \
		name, WEFT_KIND_RECORD, 1, false, false, sizeof(c_type), 0, NULL, NULL, 0, NULL, \
			NULL, 0                                                                  \
	}
#define WEFT_REF_TYPE(name, c_type, align, ids, fields)                                         \
	{                                                                                       \
		name, WEFT_KIND_REF, align, false, (ids) != 0, sizeof(c_type), 0, NULL, fields, \
			WEFT_COUNT(fields), NULL, NULL, 0                                       \
	}
/* `key` names the field that identifies an element; NULL: its position does */
#define WEFT_LIST_TYPE(name, item, key)                                                       \
	{                                                                                     \
		name, WEFT_KIND_LIST, 4, false, true, sizeof(weft_id), 0, item, NULL, 0, key, \
			NULL, 0                                                               \
	}
#define WEFT_MAP_TYPE(name, entry)                                                             \
	{                                                                                      \
		name, WEFT_KIND_MAP, 4, false, true, sizeof(weft_id), 0, entry, NULL, 0, NULL, \
			NULL, 0                                                                \
	}
#define WEFT_OPTION_TYPE(name, c_type, align, ids, item)                          \
	{                                                                         \
		name, WEFT_KIND_OPTION, align, false, (ids) != 0, sizeof(c_type), \
			offsetof(c_type, value), item, NULL, 0, NULL, NULL, 0     \
	}
/* A closed enum without payloads, and one with: `open` has Unknown(String) last. */
#define WEFT_ENUM_TYPE(name, variants)                                                           \
	{                                                                                        \
		name, WEFT_KIND_ENUM, 4, false, false, sizeof(uint32_t), 0, NULL, NULL, 0, NULL, \
			variants, WEFT_COUNT(variants)                                           \
	}
#define WEFT_UNION_TYPE(name, c_type, align, ids, open, variants)                                 \
	{                                                                                         \
		name, WEFT_KIND_ENUM, align, open, (ids) != 0, sizeof(c_type),                    \
			offsetof(c_type, as), NULL, NULL, 0, NULL, variants, WEFT_COUNT(variants) \
	}

#endif
