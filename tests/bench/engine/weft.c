/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * weft.c: the compiled programs, driven through the functions of their generated headers: each put
 * outside a transaction is one of its own. Texts are interned again with every put, as an
 * application would.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "join.h"
#include "load.h"
#include "selected.h"
#include "transfers.h"

/* The driver puts rows when it likes. */
void pods_start(struct join *program)
{
	(void)program;
}
void services_start(struct join *program)
{
	(void)program;
}
void nodes_start(struct join *program)
{
	(void)program;
}
void workloads_start(struct selected *program)
{
	(void)program;
}
void policies_start(struct selected *program)
{
	(void)program;
}
void transfers_start(struct transfers *program)
{
	(void)program;
}
void rows_start(struct load *program)
{
	(void)program;
}

static const struct weft_options options = {
	.size = sizeof(options), .has_log_level = true, .log_level = WEFT_LOG_ERROR
};

static void check(enum weft_status status)
{
	if (status != WEFT_OK)
		fatal(weft_status_name(status));
}

static struct weft_text text(const char *s)
{
	return (struct weft_text){ s, strlen(s) };
}

static void join_change(void *state, const struct pod *p)
{
	struct join_pod row = { text(p->namespace), text(p->name), p->ip, text(p->node),
		text(p->app) };
	check(join_pods_put(state, &row, NULL));
}

static void selected_change(void *state, const struct pod *p)
{
	struct weft_pair labels[] = { { WEFT_TEXT("app"), text(p->app) },
		{ WEFT_TEXT("node"), text(p->node) } };
	struct selected_pod row = { text(p->namespace), text(p->name), p->ip, { labels, 2 } };
	check(selected_workloads_put(state, &row, NULL));
}

static void *join_load(const struct shape *s)
{
	struct join *program;
	struct service v;
	char node[NAME_ROOM], zone[NAME_ROOM];

	check(join_create(&options, &program, NULL));
	check(join_begin(program));
	for (size_t k = 0; k < s->nodes; k++) {
		node_make(k, node, zone);
		check(join_nodes_put(program, &(struct join_node){ text(node), text(zone) }, NULL));
	}
	for (size_t k = 0; k < service_count(s); k++) {
		service_make(s, k, &v);
		struct join_service row = { text(v.namespace), text(v.name), text(v.app), v.port };
		check(join_services_put(program, &row, NULL));
	}
	return program;
}

static void *selected_load(const struct shape *s)
{
	struct selected *program;
	struct service v;

	check(selected_create(&options, &program, NULL));
	check(selected_begin(program));
	for (size_t k = 0; k < service_count(s); k++) {
		service_make(s, k, &v);
		struct weft_text app = text(v.app);
		struct weft_match wanted = { WEFT_TEXT("app"), WEFT_IN, &app, 1 };
		struct selected_policy row = { text(v.namespace), text(v.name),
			{ WEFT_SELECTOR_MATCH, &wanted, 1 }, v.port };
		check(selected_policies_put(program, &row, NULL));
	}
	return program;
}

static uint64_t join_digest(void *state)
{
	const struct join_addresses *rows;
	size_t count = join_addresses_list(state, &rows);
	uint64_t digest = count;
	for (size_t i = 0; i < count; i++)
		digest += digest_row(rows[i].ip, rows[i].port);
	return digest;
}

static uint64_t selected_digest(void *state)
{
	const struct selected_applied *rows;
	size_t count = selected_applied_list(state, &rows);
	uint64_t digest = count;
	for (size_t i = 0; i < count; i++)
		digest += digest_row(rows[i].ip, rows[i].port);
	return digest;
}

struct system weft_system(const struct shape *s)
{
	size_t before = weft_alloc_live_bytes();
	struct system y = s->three_way ? (struct system){ "weft", join_load(s), join_change, 0,
		weft_alloc_calls, join_digest }
				       : (struct system){ "weft", selected_load(s), selected_change,
						 0, weft_alloc_calls, selected_digest };
	struct pod p;

	for (size_t k = 0; k < s->pods; k++) {
		pod_make(s, k, (int64_t)k, &p);
		y.change(y.state, &p);
	}
	check(s->three_way ? join_commit(y.state) : selected_commit(y.state));
	y.bytes = weft_alloc_live_bytes() - before;
	return y;
}

/* ---- debits and credits ---- */

static int64_t difference; /* of all balances, by the changes that were told */
static size_t told, wrong;

static void balance_changed(void *user, struct transfers *program,
	const struct transfers_balances *before, const struct transfers_balances *after)
{
	(void)user, (void)program;
	told++;
	difference += (after ? after->balance : 0) - (before ? before->balance : 0);
}

void bench_transfers(size_t count)
{
	enum { ACCOUNTS = 1000 };
	struct transfers *program;
	int64_t *samples = calloc(count, sizeof(*samples));
	if (!samples)
		fatal("no memory");
	check(transfers_create(&options, &program, NULL));
	check(transfers_begin(program));
	for (int64_t a = 0; a < ACCOUNTS; a++)
		check(transfers_transfers_put(
			program, &(struct transfers_transfer){ -1 - a, a, a, 0 }, NULL));
	check(transfers_commit(program));
	check(transfers_balances_watch(program, balance_changed));
	size_t before = weft_alloc_live_bytes();
	for (size_t i = 0; i < count; i++) {
		uint64_t r = mix(i + 1);
		struct transfers_transfer row = { .id = (int64_t)i,
			.debit = (int64_t)(r % ACCOUNTS),
			.credit = (int64_t)((r >> 20) % ACCOUNTS),
			.amount = (int64_t)((r >> 40) % 100) };
		int64_t from = cpu_now();
		check(transfers_transfers_put(program, &row, NULL));
		samples[i] = cpu_now() - from;
		const struct transfers_total *total = transfers_total_get(program);
		wrong += difference != 0 || !total || total->value != 0;
		if (i % 1024 == 1023)
			transfers_turn(program, 0); /* rows handed out are released */
	}
	transfers_turn(program, 0);
	size_t bytes = weft_alloc_live_bytes() - before;
	samples_report("transfers", "weft", count, samples, count);
	report("transfers", "weft", count, "bytes", (double)bytes / (double)count,
		"bytes per transfer");
	report("transfers", "weft", count, "told", (double)told, "changed balances");
	report("transfers", "weft", count, "wrong", (double)wrong,
		"outputs with a total that is not 0");
	line_end();
	if (wrong)
		fatal("a total was not 0");
}

/* ---- cold load ---- */

void bench_load(size_t rows)
{
	const struct shape s = { "load", rows, rows, 100, 1000, 0, 1000, false, false };
	struct load *program;
	struct pod *p = calloc(rows, sizeof(*p));
	if (!p)
		fatal("no memory");
	for (size_t k = 0; k < rows; k++)
		pod_make(&s, k, (int64_t)k, &p[k]);
	check(load_create(&options, &program, NULL));
	size_t before = weft_alloc_live_bytes();
	int64_t begin = cpu_now();
	check(load_begin(program));
	for (size_t k = 0; k < rows; k++) {
		struct load_row row = { text(p[k].namespace), text(p[k].name), p[k].ip, 80,
			text(p[k].node), text(p[k].app) };
		check(load_rows_put(program, &row, NULL));
	}
	check(load_commit(program));
	int64_t whole = cpu_now() - begin;
	report("load", "weft", rows, "mean", (double)whole / (double)rows, "ns");
	report("load", "weft", rows, "total_ms", (double)whole / 1e6, "ms");
	report("load", "weft", rows, "bytes",
		(double)(weft_alloc_live_bytes() - before) / (double)rows,
		"bytes per row, interned texts too");
	line_end();
}
