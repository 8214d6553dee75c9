/* The C of main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#include "forward.h"

#include <weft/abi.h>

#if WEFT_ABI_VERSION != 1
#error "this file was made for ABI 1 of libweft: generate it again with the weft that belongs to these headers"
#endif

/* An instance of the program. */
struct forward {
	struct weft_program_head head;
	struct weft_embed embed;
};

/* What became of an instance of a rule: the column `state` of its observed row. */
/* prelude.weft:4  enum State { Pending(String), Open, Failed(String), Draining } */
enum {
	PRELUDE__STATE_PENDING,
	PRELUDE__STATE_OPEN,
	PRELUDE__STATE_FAILED,
	PRELUDE__STATE_DRAINING,
};
struct prelude__state_pending {
	weft_id item0;
};
struct prelude__state_failed {
	weft_id item0;
};
struct prelude__state {
	uint32_t tag;
	union {
		struct prelude__state_pending pending;
		struct prelude__state_failed failed;
	} as;
};

/* main.weft:1  listener web on *:8080 { */
struct forward__web_state {
	struct prelude__state state;
};

struct forward__web_rows {
	struct weft_addr address;
};

enum {
	TABLE_WEB,
	TABLE_WEB_ROWS,
};
enum {
	OPERATOR_WEB_ROWS,
};

enum {
	FORWARD__WEB_START,
	FORWARD__WEB_DIALLED,
	FORWARD__WEB_RELAYED,
};

static const struct weft_field prelude__state_pending_fields[] = {
	{ "0", offsetof(struct prelude__state_pending, item0), &weft_type_string, NULL, NULL,
			NULL },
};
static const struct weft_type prelude__state_pending_type = WEFT_RECORD_TYPE("Pending",
		struct prelude__state_pending, 4, WEFT_HAS_IDS, prelude__state_pending_fields);

static const struct weft_field prelude__state_failed_fields[] = {
	{ "0", offsetof(struct prelude__state_failed, item0), &weft_type_string, NULL, NULL, NULL },
};
static const struct weft_type prelude__state_failed_type = WEFT_RECORD_TYPE("Failed",
		struct prelude__state_failed, 4, WEFT_HAS_IDS, prelude__state_failed_fields);

static const struct weft_variant prelude__state_variants[] = {
	{ "Pending", NULL, &prelude__state_pending_type },
	{ "Open", NULL, NULL },
	{ "Failed", NULL, &prelude__state_failed_type },
	{ "Draining", NULL, NULL },
};
static const struct weft_type prelude__state_type = WEFT_UNION_TYPE("State", struct prelude__state,
		4, WEFT_HAS_IDS, false, prelude__state_variants);

static const struct weft_field forward__web_state_fields[] = {
	WEFT_COLUMN(struct forward__web_state, state, &prelude__state_type),
};
static const struct weft_type forward__web_state_type = WEFT_RECORD_TYPE("web",
		struct forward__web_state, 4, WEFT_HAS_IDS, forward__web_state_fields);

static const struct weft_field forward__web_rows_fields[] = {
	WEFT_COLUMN(struct forward__web_rows, address, &weft_type_addr),
};
static const struct weft_type forward__web_rows_type = WEFT_RECORD_TYPE("web_rows",
		struct forward__web_rows, 2, WEFT_NO_IDS, forward__web_rows_fields);

static void web_rows__at_start(struct weft_scope *w, struct weft_delta *delta)
{
	struct forward__web_rows candidate;
	memset(&candidate, 0, sizeof(candidate));
	/* main.weft:1  listener web on *:8080 { */
	candidate.address = weft_addr_of(weft_ip_any(), 8080);
	if (w->status == WEFT_OK)
		w->status = weft_delta_add(delta, &candidate, 1);
}

static enum weft_status web_rows__run(void *program, struct weft_engine *engine)
{
	struct weft_scope scope, *w = &scope;
	struct weft_delta *delta = weft_engine_delta(engine, OPERATOR_WEB_ROWS);
	weft_scope_of_engine(w, program, engine);
	w->counters = weft_engine_counters(engine, OPERATOR_WEB_ROWS);
	if (weft_engine_is_first(engine))
		web_rows__at_start(w, delta);
	return w->status != WEFT_OK ? w->status : weft_settle(engine, OPERATOR_WEB_ROWS);
}

static void forward__web_start(struct weft_conn *conn)
{
	/* main.weft:2  forward 10.0.0.5:9090 */
	conn->state = FORWARD__WEB_DIALLED;
	weft_conn_dial(conn, weft_addr_of(weft_ip4(10, 0, 0, 5), 9090), NULL);
}

static void forward__web_dialled(struct weft_conn *conn)
{
	if (conn->result != WEFT_OK) {
		weft_conn_close(conn);
		return;
	}
	conn->state = FORWARD__WEB_RELAYED;
	weft_conn_relay(conn, conn->downstream, conn->dialled, NULL);
}

static void forward__web_step(struct weft_conn *conn)
{
	switch (conn->state) {
	case FORWARD__WEB_START:
		forward__web_start(conn);
		return;
	case FORWARD__WEB_DIALLED:
		forward__web_dialled(conn);
		return;
	default:
		weft_conn_close(conn);
		return;
	}
}

static const struct weft_handler_info forward__web_handler = {
	"web", sizeof(struct weft_conn), forward__web_step, TABLE_WEB_ROWS,
};

static const struct weft_table_info tables[] = {
	{ "web", &forward__web_state_type, NULL, 0, 0, NULL, true, false, false },
	{ "web_rows", &forward__web_rows_type, NULL, 0, 0, NULL, false, false, true },
};
static const struct weft_settle_info forward__web_rows_settle = {
	"web", WEFT_SETTLE_UNIQUE, &forward__web_rows_type, NULL, 0, 0,
	NULL, NULL, NULL, NULL, 0, false,
};

static const struct weft_operator_info operators[] = {
	{ "web", web_rows__run, NULL, 0, TABLE_WEB_ROWS, WEFT_NONE, &forward__web_rows_settle },
};

static const struct weft_engine_info engine_info = { tables, 2, 1, operators };

static const struct weft_rule_info rules[] = {
	{ "web", "listener", TABLE_WEB_ROWS, TABLE_WEB, 0, WEFT_NONE, &forward__web_handler,
			INT64_C(30000000000), false, NULL, 0, "main.weft:1" },
};

const struct weft_program_info forward_program = {
	WEFT_ABI_VERSION, "forward", "main.weft", sizeof(struct forward), 0,
	NULL, 0, &engine_info,
	NULL, 0, rules, 1, NULL,
};

/* ---- the embedding API: contracts in forward.h ---- */

enum weft_status forward_create(const struct weft_options *options, struct forward **program,
		char **error)
{
	void *made = NULL;
	enum weft_status status = weft_create(&forward_program, options, &made, error);
	*program = (struct forward *)made;
	return status;
}

void forward_destroy(struct forward *program)
{
	if (program == NULL)
		return;
	weft_embed_end(&program->head, &program->embed);
	weft_destroy(program);
}

enum weft_status forward_run(struct forward *program)
{
	weft_embed_release(&program->embed);
	return weft_run(program);
}

enum weft_status forward_turn(struct forward *program, int timeout_ms)
{
	weft_embed_release(&program->embed);
	return weft_turn(program, timeout_ms);
}

int forward_descriptor(const struct forward *program)
{
	return weft_descriptor(program);
}

void forward_stop(struct forward *program)
{
	weft_stop(program);
}

enum weft_status forward_post(struct forward *program, void (*call)(void *argument), void *argument)
{
	return weft_post(program, call, argument);
}

static bool take_forward__web_key(struct weft_scope *w, struct forward__web_state *to,
		const char **why)
{
	memset(to, 0, sizeof(*to));
	(void)w;
	(void)why;
	return true;
}

static void show_prelude__state(struct weft_scope *w, const struct prelude__state *from,
		struct forward_state *to)
{
	memset(to, 0, sizeof(*to));
	to->tag = (enum forward_state_tag)from->tag;
	if (from->tag == PRELUDE__STATE_PENDING) {
		to->as.pending.item0 = weft_text_of(w->intern, from->as.pending.item0);
	} else if (from->tag == PRELUDE__STATE_FAILED) {
		to->as.failed.item0 = weft_text_of(w->intern, from->as.failed.item0);
	}
}

static void show_forward__web_state(struct weft_scope *w, const struct forward__web_state *from,
		struct forward_web *to)
{
	show_prelude__state(w, &from->state, &to->state);
}

const struct forward_web *forward_web_get(struct forward *program)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct forward__web_state stored;
	const char *why = NULL;
	if (!take_forward__web_key(w, &stored, &why))
		return NULL;
	const struct forward__web_state *found =
			(const struct forward__web_state *)weft_table_get(weft_engine_table(program->head.engine, TABLE_WEB), WEFT_NEW, &stored);
	struct forward_web *row = found != NULL
			? (struct forward_web *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_forward__web_state(w, found, row);
	return row;
}

size_t forward_web_list(struct forward *program, const struct forward_web **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_WEB);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct forward_web *row = (struct forward_web *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_forward__web_state(w, (const struct forward__web_state *)from, &row[count++]);
	*rows = row;
	return count;
}

static void forward_web_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	forward_web_watch_fn *call = (forward_web_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct forward_web before, after;
		if (changes[i].before != NULL)
			show_forward__web_state(w,
					(const struct forward__web_state *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_forward__web_state(w,
					(const struct forward__web_state *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct forward *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status forward_web_watch(struct forward *program, forward_web_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_WEB, forward_web_changed,
			(weft_embed_fn *)call);
}

void forward_web_unwatch(struct forward *program, forward_web_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_WEB, (weft_embed_fn *)call);
}

enum weft_status forward_web_adopt(struct forward *program, int descriptor)
{
	return weft_adopt(program, 0, NULL, descriptor);
}

enum weft_status forward_web_dial(struct forward *program, struct weft_addr to,
		struct weft_stream **stream)
{
	return weft_dial(program, 0, NULL, to, stream);
}
