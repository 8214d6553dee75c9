/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table_rows.h: the rows of table_program.h and their descriptors.
 */
#ifndef TESTS_TABLE_ROWS_H
#define TESTS_TABLE_ROWS_H

#include <weft/abi.h>

enum { SERVICES, PODS, PAIRS, PORTS, LOSERS, TOTALS, RANGES, TOTAL, MERGED, ALONE, TABLES };

struct service {
	weft_id ns, name;
	struct weft_opt_int created;
	int64_t port;
};
struct pod {
	weft_id ns, name, app;
	uint32_t pad;
	int64_t weight;
};
struct pair {
	weft_id ns, service, pod;
	uint32_t pad;
	int64_t weight;
};
struct port {
	int64_t port;
	weft_id ns, name;
};
struct port_candidate {
	struct port row;
	struct weft_opt_int created;
	weft_id ns, name;
};
struct total {
	weft_id ns;
	uint32_t pad;
	int64_t count, sum;
};
struct total_round {
	weft_id ns;
	uint32_t pad;
	int64_t weight;
};
struct range {
	weft_id ns;
	uint32_t pad;
	int64_t min, max, rounds;
};
struct range_round {
	weft_id ns;
	uint32_t pad;
	int64_t weight;
};
struct count {
	int64_t value;
};
struct merged {
	weft_id ns;
	weft_id names;
};
struct merged_candidate {
	struct merged row;
	weft_id name;
};
struct alone {
	int64_t port;
	weft_id name;
	uint32_t pad;
};

static const struct weft_type opt_int_type = { .name = "Int?",
	.kind = WEFT_KIND_OPTION,
	.align = 8,
	.size = sizeof(struct weft_opt_int),
	.offset = offsetof(struct weft_opt_int, value),
	.item = &weft_type_int };

#define FIELD(record, member, kind)                                                       \
	{                                                                                 \
		.name = #member, .offset = offsetof(struct record, member), .type = &kind \
	}
#define RECORD(record, ids, ...)                                            \
	static const struct weft_field record##_fields[] = { __VA_ARGS__ }; \
	static const struct weft_type record##_type = { .name = #record,    \
		.kind = WEFT_KIND_RECORD,                                   \
		.align = 8,                                                 \
		.size = sizeof(struct record),                              \
		.has_ids = ids,                                             \
		.fields = record##_fields,                                  \
		.field_count = sizeof(record##_fields) / sizeof(record##_fields[0]) }
RECORD(service, true, FIELD(service, ns, weft_type_string), FIELD(service, name, weft_type_string),
	FIELD(service, created, opt_int_type), FIELD(service, port, weft_type_int));
RECORD(pod, true, FIELD(pod, ns, weft_type_string), FIELD(pod, name, weft_type_string),
	FIELD(pod, app, weft_type_string), FIELD(pod, weight, weft_type_int));
RECORD(pair, true, FIELD(pair, ns, weft_type_string), FIELD(pair, service, weft_type_string),
	FIELD(pair, pod, weft_type_string), FIELD(pair, weight, weft_type_int));
RECORD(port, true, FIELD(port, port, weft_type_int), FIELD(port, ns, weft_type_string),
	FIELD(port, name, weft_type_string));
RECORD(port_candidate, true, FIELD(port_candidate, row, port_type),
	FIELD(port_candidate, created, opt_int_type), FIELD(port_candidate, ns, weft_type_string),
	FIELD(port_candidate, name, weft_type_string));
RECORD(total, true, FIELD(total, ns, weft_type_string), FIELD(total, count, weft_type_int),
	FIELD(total, sum, weft_type_int));
RECORD(total_round, true, FIELD(total_round, ns, weft_type_string),
	FIELD(total_round, weight, weft_type_int));
RECORD(range, true, FIELD(range, ns, weft_type_string), FIELD(range, min, weft_type_int),
	FIELD(range, max, weft_type_int), FIELD(range, rounds, weft_type_int));
RECORD(range_round, true, FIELD(range_round, ns, weft_type_string),
	FIELD(range_round, weight, weft_type_int));
RECORD(count, false, FIELD(count, value, weft_type_int));
RECORD(merged, true, FIELD(merged, ns, weft_type_string), FIELD(merged, names, weft_type_string));
RECORD(merged_candidate, true, FIELD(merged_candidate, row, merged_type),
	FIELD(merged_candidate, name, weft_type_string));
RECORD(alone, true, FIELD(alone, port, weft_type_int), FIELD(alone, name, weft_type_string));

static const uint16_t columns_0[] = { 0 }, columns_01[] = { 0, 1 }, columns_012[] = { 0, 1, 2 },
		      columns_02[] = { 0, 2 }, columns_12[] = { 1, 2 };

#endif
