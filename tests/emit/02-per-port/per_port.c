/* The C of main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#include "per_port.h"

#include <weft/abi.h>

#if WEFT_ABI_VERSION != 1
#error "this file was made for ABI 1 of libweft: generate it again with the weft that belongs to these headers"
#endif

struct per_port__params {
	weft_id namespace_;
	weft_id labels;
};

/* An instance of the program. */
struct per_port {
	struct weft_program_head head;
	struct per_port__params params;
	struct weft_embed embed;
};

/* kubernetes.weft:14  record Service = kubernetes "v1/Service" { */
struct kubernetes__service {
	weft_id name;
	weft_id namespace_;
	struct weft_opt_int created;
	struct weft_selector selector;
	weft_id ports;
};

/* kubernetes.weft:3  enum Protocol = kubernetes { Tcp at "TCP", Udp at "UDP", Sctp at "SCTP" } */
enum {
	KUBERNETES__PROTOCOL_TCP,
	KUBERNETES__PROTOCOL_UDP,
	KUBERNETES__PROTOCOL_SCTP,
	KUBERNETES__PROTOCOL_UNKNOWN,
};
struct kubernetes__protocol_unknown {
	weft_id item0;
};
struct kubernetes__protocol {
	uint32_t tag;
	union {
		struct kubernetes__protocol_unknown unknown;
	} as;
};

/* kubernetes.weft:5  record ServicePort { */
struct kubernetes__service_port {
	uint16_t port;
	struct kubernetes__protocol protocol;
	struct weft_opt_port target_port;
};

struct per_port__rejected_services {
	weft_id namespace_;
	weft_id name;
	weft_id reason;
	weft_id place;
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

/* main.weft:16  listener per_port for p in ports on *:{p.port} { */
struct per_port__per_port_state {
	uint16_t port;
	struct prelude__state state;
};

struct per_port__services_ref {
	weft_id namespace_;
	weft_id name;
};

/* main.weft:8  derive ports[port] = */
struct per_port__ports {
	uint16_t port;
	uint16_t target;
	struct per_port__services_ref service;
};

struct per_port__per_port_rows {
	uint16_t port;
	struct weft_addr address;
	uint16_t target;
};

enum {
	TABLE_SERVICES,
	TABLE_REJECTED_SERVICES,
	TABLE_CONFLICTS_SERVICES,
	TABLE_PER_PORT,
	TABLE_PORTS,
	TABLE_CONFLICTS_PORTS,
	TABLE_PER_PORT_ROWS,
};
enum {
	OPERATOR_PORTS,
	OPERATOR_PER_PORT_ROWS,
};

struct per_port__ports_candidate {
	struct per_port__ports row;
	struct weft_opt_int by;
	weft_id s_namespace;
	weft_id s_name;
	int64_t p_at;
};

enum {
	PER_PORT__PER_PORT_START,
	PER_PORT__PER_PORT_DIALLED,
	PER_PORT__PER_PORT_RELAYED,
};

static weft_default_fn kubernetes__service_namespace_absent;
static weft_default_fn kubernetes__service_selector_absent;
static weft_default_fn kubernetes__service_selector_empty;
static weft_default_fn kubernetes__service_port_protocol_absent;
static weft_default_fn kubernetes__service_port_target_port_absent;
static weft_default_fn per_port__namespace_default;
static const struct weft_type instant_option_type = WEFT_OPTION_TYPE("Instant?",
		struct weft_opt_int, 8, WEFT_NO_IDS, &weft_type_instant);

static const struct weft_field kubernetes__protocol_unknown_fields[] = {
	{ "0", offsetof(struct kubernetes__protocol_unknown, item0), &weft_type_string, NULL, NULL,
			NULL },
};
static const struct weft_type kubernetes__protocol_unknown_type = WEFT_RECORD_TYPE("Unknown",
		struct kubernetes__protocol_unknown, 4, WEFT_HAS_IDS,
		kubernetes__protocol_unknown_fields);

static const struct weft_variant kubernetes__protocol_variants[] = {
	{ "Tcp", "TCP", NULL },
	{ "Udp", "UDP", NULL },
	{ "Sctp", "SCTP", NULL },
	{ "Unknown", NULL, &kubernetes__protocol_unknown_type },
};
static const struct weft_type kubernetes__protocol_type = WEFT_UNION_TYPE("Protocol",
		struct kubernetes__protocol, 4, WEFT_HAS_IDS, true, kubernetes__protocol_variants);
static const struct weft_type port_option_type =
		WEFT_OPTION_TYPE("Port?", struct weft_opt_port, 2, WEFT_NO_IDS, &weft_type_port);

static const struct weft_field kubernetes__service_port_fields[] = {
	WEFT_COLUMN(struct kubernetes__service_port, port, &weft_type_port),
	WEFT_FIELD_OR(struct kubernetes__service_port, protocol, &kubernetes__protocol_type, NULL,
			kubernetes__service_port_protocol_absent, NULL),
	WEFT_FIELD_OR(struct kubernetes__service_port, target_port, &port_option_type, "targetPort",
			kubernetes__service_port_target_port_absent, NULL),
};
static const struct weft_type kubernetes__service_port_type = WEFT_RECORD_TYPE("ServicePort",
		struct kubernetes__service_port, 4, WEFT_HAS_IDS, kubernetes__service_port_fields);
static const struct weft_type kubernetes__service_port_list_type =
		WEFT_LIST_TYPE("[ServicePort]", &kubernetes__service_port_type, NULL);

static const struct weft_field kubernetes__service_fields[] = {
	WEFT_FIELD(struct kubernetes__service, name, &weft_type_string, "metadata.name"),
	{ "namespace", offsetof(struct kubernetes__service, namespace_), &weft_type_string,
			"metadata.namespace", kubernetes__service_namespace_absent, NULL },
	WEFT_FIELD(struct kubernetes__service, created, &instant_option_type,
			"metadata.creationTimestamp"),
	WEFT_FIELD_OR(struct kubernetes__service, selector, &weft_type_selector, "spec.selector",
			kubernetes__service_selector_absent, kubernetes__service_selector_empty),
	WEFT_FIELD(struct kubernetes__service, ports, &kubernetes__service_port_list_type,
			"spec.ports"),
};
static const struct weft_type kubernetes__service_type = WEFT_RECORD_TYPE("Service",
		struct kubernetes__service, 8, WEFT_HAS_IDS, kubernetes__service_fields);

static const struct weft_field per_port__rejected_services_fields[] = {
	{ "namespace", offsetof(struct per_port__rejected_services, namespace_), &weft_type_string,
			NULL, NULL, NULL },
	WEFT_COLUMN(struct per_port__rejected_services, name, &weft_type_string),
	WEFT_COLUMN(struct per_port__rejected_services, reason, &weft_type_string),
	WEFT_COLUMN(struct per_port__rejected_services, place, &weft_type_string),
};
static const struct weft_type per_port__rejected_services_type =
		WEFT_RECORD_TYPE("rejected_services", struct per_port__rejected_services, 4,
		WEFT_HAS_IDS, per_port__rejected_services_fields);

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

static const struct weft_field per_port__per_port_state_fields[] = {
	WEFT_COLUMN(struct per_port__per_port_state, port, &weft_type_port),
	WEFT_COLUMN(struct per_port__per_port_state, state, &prelude__state_type),
};
static const struct weft_type per_port__per_port_state_type = WEFT_RECORD_TYPE("per_port",
		struct per_port__per_port_state, 4, WEFT_HAS_IDS, per_port__per_port_state_fields);

static const struct weft_field per_port__services_ref_fields[] = {
	{ "namespace", offsetof(struct per_port__services_ref, namespace_), &weft_type_string, NULL,
			NULL, NULL },
	{ "name", offsetof(struct per_port__services_ref, name), &weft_type_string, NULL, NULL,
			NULL },
};
static const struct weft_type per_port__services_ref_type = WEFT_REF_TYPE("ref services",
		struct per_port__services_ref, 4, WEFT_HAS_IDS, per_port__services_ref_fields);

static const struct weft_field per_port__ports_fields[] = {
	WEFT_COLUMN(struct per_port__ports, port, &weft_type_port),
	WEFT_COLUMN(struct per_port__ports, target, &weft_type_port),
	WEFT_COLUMN(struct per_port__ports, service, &per_port__services_ref_type),
};
static const struct weft_type per_port__ports_type = WEFT_RECORD_TYPE("ports",
		struct per_port__ports, 4, WEFT_HAS_IDS, per_port__ports_fields);

static const struct weft_field per_port__per_port_rows_fields[] = {
	WEFT_COLUMN(struct per_port__per_port_rows, port, &weft_type_port),
	WEFT_COLUMN(struct per_port__per_port_rows, address, &weft_type_addr),
	WEFT_COLUMN(struct per_port__per_port_rows, target, &weft_type_port),
};
static const struct weft_type per_port__per_port_rows_type = WEFT_RECORD_TYPE("per_port_rows",
		struct per_port__per_port_rows, 2, WEFT_NO_IDS, per_port__per_port_rows_fields);

static const struct weft_field per_port__ports_candidate_fields[] = {
	WEFT_COLUMN(struct per_port__ports_candidate, row, &per_port__ports_type),
	WEFT_COLUMN(struct per_port__ports_candidate, by, &instant_option_type),
	WEFT_COLUMN(struct per_port__ports_candidate, s_namespace, &weft_type_string),
	WEFT_COLUMN(struct per_port__ports_candidate, s_name, &weft_type_string),
	WEFT_COLUMN(struct per_port__ports_candidate, p_at, &weft_type_int),
};
static const struct weft_type per_port__ports_candidate_type = WEFT_RECORD_TYPE("ports_candidate",
		struct per_port__ports_candidate, 8, WEFT_HAS_IDS,
		per_port__ports_candidate_fields);

static enum weft_status kubernetes__service_namespace_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	(void)row;
	weft_id *out = (weft_id *)value;
	/* kubernetes.weft:16  namespace: String at metadata.namespace absent "default" */
	*out = weft_keep_text(w, WEFT_TEXT("default"));
	return weft_scope_end(w);
}

static enum weft_status kubernetes__service_selector_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	(void)intern;
	(void)program;
	(void)row;
	struct weft_selector *out = (struct weft_selector *)value;
	/* kubernetes.weft:21  selector: Selector at spec.selector absent Nothing empty Nothing */
	*out = weft_selector_of(WEFT_SELECTOR_NOTHING);
	return WEFT_OK;
}

static enum weft_status kubernetes__service_selector_empty(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	(void)intern;
	(void)program;
	(void)row;
	struct weft_selector *out = (struct weft_selector *)value;
	/* kubernetes.weft:21  selector: Selector at spec.selector absent Nothing empty Nothing */
	*out = weft_selector_of(WEFT_SELECTOR_NOTHING);
	return WEFT_OK;
}

static enum weft_status kubernetes__service_port_protocol_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	(void)intern;
	(void)program;
	(void)row;
	struct kubernetes__protocol *out = (struct kubernetes__protocol *)value;
	/* kubernetes.weft:8  protocol: Protocol absent Tcp */
	out->tag = KUBERNETES__PROTOCOL_TCP;
	return WEFT_OK;
}

static enum weft_status kubernetes__service_port_target_port_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	(void)intern;
	(void)program;
	const struct kubernetes__service_port *r = (const struct kubernetes__service_port *)row;
	struct weft_opt_port *out = (struct weft_opt_port *)value;
	/* kubernetes.weft:11  target_port: Port? at targetPort absent port */
	const struct weft_opt_port some = { true, r->port };
	out->has = some.has;
	out->value = some.value;
	return WEFT_OK;
}

static void ports__of_s(struct weft_scope *w, struct weft_delta *delta,
		const struct kubernetes__service *s, int64_t weight)
{
	const struct per_port *p = (const struct per_port *)w->program;
	if (s->namespace_ != p->params.namespace_)
		return;
	/* main.weft:10  where s.selector selects labels */
	if (!weft_selects(w->intern, s->selector, weft_list_of(w->intern, p->params.labels)))
		return;
	/* main.weft:11  for p in s.ports */
	struct weft_list list = weft_list_of(w->intern, s->ports);
	for (size_t i = 0; i < list.count; i++) {
		const struct kubernetes__service_port *p_2 =
				(const struct kubernetes__service_port *)list.items + i;
		/* main.weft:12  where p.protocol == Tcp */
		if (p_2->protocol.tag != KUBERNETES__PROTOCOL_TCP)
			continue;
		struct per_port__ports_candidate candidate;
		memset(&candidate, 0, sizeof(candidate));
		/* main.weft:13  yield { port: p.port, target: p.target_port else skip, service: s.id } */
		candidate.row.port = p_2->port;
		if (!p_2->target_port.has)
			continue;
		candidate.row.target = p_2->target_port.value;
		struct per_port__services_ref ref;
		memset(&ref, 0, sizeof(ref));
		ref.namespace_ = s->namespace_;
		ref.name = s->name;
		candidate.row.service = ref;
		/* main.weft:14  on conflict keep first by s.created */
		candidate.by.has = s->created.has;
		candidate.by.value = s->created.value;
		candidate.s_namespace = s->namespace_;
		candidate.s_name = s->name;
		candidate.p_at = (int64_t)i;
		if (w->status == WEFT_OK)
			w->status = weft_delta_add(delta, &candidate, weight);
	}
}

static enum weft_status ports__run(void *program, struct weft_engine *engine)
{
	struct weft_scope scope, *w = &scope;
	struct weft_delta *delta = weft_engine_delta(engine, OPERATOR_PORTS);
	const struct weft_change *change;
	size_t count;
	weft_scope_of_engine(w, program, engine);
	w->counters = weft_engine_counters(engine, OPERATOR_PORTS);
	change = weft_table_changes(weft_engine_table(engine, TABLE_SERVICES), &count);
	for (size_t i = 0; i < count; i++) {
		if (!(change[i].columns & UINT64_C(0x1f)))
			continue;
		if (change[i].before)
			ports__of_s(w, delta, (const struct kubernetes__service *)change[i].before,
					-1);
		if (change[i].after)
			ports__of_s(w, delta, (const struct kubernetes__service *)change[i].after,
					1);
	}
	return w->status != WEFT_OK ? w->status : weft_settle(engine, OPERATOR_PORTS);
}

static void per_port_rows__of_p(struct weft_scope *w, struct weft_delta *delta,
		const struct per_port__ports *p_2, int64_t weight)
{
	struct per_port__per_port_rows candidate;
	memset(&candidate, 0, sizeof(candidate));
	/* main.weft:16  listener per_port for p in ports on *:{p.port} { */
	candidate.port = p_2->port;
	candidate.address = weft_addr_of(weft_ip_any(), p_2->port);
	/* main.weft:17  forward 127.0.0.1:{p.target} */
	candidate.target = p_2->target;
	if (w->status == WEFT_OK)
		w->status = weft_delta_add(delta, &candidate, weight);
}

static enum weft_status per_port_rows__run(void *program, struct weft_engine *engine)
{
	struct weft_scope scope, *w = &scope;
	struct weft_delta *delta = weft_engine_delta(engine, OPERATOR_PER_PORT_ROWS);
	const struct weft_change *change;
	size_t count;
	weft_scope_of_engine(w, program, engine);
	w->counters = weft_engine_counters(engine, OPERATOR_PER_PORT_ROWS);
	change = weft_table_changes(weft_engine_table(engine, TABLE_PORTS), &count);
	for (size_t i = 0; i < count; i++) {
		if (!(change[i].columns & UINT64_C(0x3)))
			continue;
		if (change[i].before)
			per_port_rows__of_p(w, delta,
					(const struct per_port__ports *)change[i].before, -1);
		if (change[i].after)
			per_port_rows__of_p(w, delta,
					(const struct per_port__ports *)change[i].after, 1);
	}
	return w->status != WEFT_OK ? w->status : weft_settle(engine, OPERATOR_PER_PORT_ROWS);
}

static const struct per_port__per_port_rows *per_port__per_port_row(struct weft_conn *conn)
{
	struct weft_view_cursor at;
	const struct per_port__per_port_rows *found =
			(const struct per_port__per_port_rows *)weft_conn_first(conn, &at,
			TABLE_PER_PORT_ROWS, WEFT_PRIMARY, conn->instance_hash);
	const struct per_port__per_port_rows *key =
			(const struct per_port__per_port_rows *)conn->instance_key;
	while (found != NULL && !(found->port == key->port))
		found = (const struct per_port__per_port_rows *)weft_view_next(&at);
	return found;
}

static void per_port__per_port_start(struct weft_conn *conn)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_conn(w, conn);
	const struct per_port__per_port_rows *row = per_port__per_port_row(conn);
	if (row == NULL) {
		weft_conn_close(conn); /* the listener goes */
		return;
	}
	/* main.weft:17  forward 127.0.0.1:{p.target} */
	conn->state = PER_PORT__PER_PORT_DIALLED;
	weft_conn_dial(conn, weft_addr_of(weft_ip4(127, 0, 0, 1), row->target), NULL);
}

static void per_port__per_port_dialled(struct weft_conn *conn)
{
	if (conn->result != WEFT_OK) {
		weft_conn_close(conn);
		return;
	}
	conn->state = PER_PORT__PER_PORT_RELAYED;
	weft_conn_relay(conn, conn->downstream, conn->dialled, NULL);
}

static void per_port__per_port_step(struct weft_conn *conn)
{
	switch (conn->state) {
	case PER_PORT__PER_PORT_START:
		per_port__per_port_start(conn);
		return;
	case PER_PORT__PER_PORT_DIALLED:
		per_port__per_port_dialled(conn);
		return;
	default:
		weft_conn_close(conn);
		return;
	}
}

static const struct weft_handler_info per_port__per_port_handler = {
	"per_port", sizeof(struct weft_conn), per_port__per_port_step, TABLE_PER_PORT_ROWS,
};

static enum weft_status per_port__namespace_default(const void *program, struct weft_intern *intern,
		const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	(void)row;
	weft_id *out = (weft_id *)value;
	/* main.weft:3  param namespace: String = env("POD_NAMESPACE") else "default" */
	*out = weft_keep_text(w, WEFT_TEXT("default"));
	return weft_scope_end(w);
}

static const struct weft_param_info params[] = {
	{ "namespace", &weft_type_string, offsetof(struct per_port__params, namespace_),
			"POD_NAMESPACE", per_port__namespace_default, "main.weft:3" },
	{ "labels", &weft_type_labels, offsetof(struct per_port__params, labels), "POD_LABELS",
			NULL, "main.weft:4" },
};

static const struct weft_source_info sources[] = {
	{ TABLE_SERVICES, TABLE_REJECTED_SERVICES, TABLE_CONFLICTS_SERVICES, WEFT_SOURCE_KUBERNETES,
			"v1/Service", NULL, INT64_C(0), NULL, "main.weft:6" },
};

static const uint16_t per_port__services_key[] = { 1, 0 };
static const uint16_t per_port__rejected_services_key[] = { 0, 1, 3 };
static const uint16_t per_port__conflicts_services_key[] = { 0, 1, 2, 3, 4 };
static const uint16_t per_port__per_port_key[] = { 0 };
static const uint16_t per_port__ports_key[] = { 0 };
static const uint16_t per_port__conflicts_ports_key[] = { 0, 1, 2 };
static const uint16_t per_port__per_port_rows_key[] = { 0 };

static const struct weft_table_info tables[] = {
	{ "services", &kubernetes__service_type, per_port__services_key, 2, 0, NULL, true, false,
			false },
	{ "rejected(services)", &per_port__rejected_services_type, per_port__rejected_services_key,
			3, 0, NULL, true, false, false },
	{ "conflicts(services)", &kubernetes__service_type, per_port__conflicts_services_key, 5, 0,
			NULL, true, false, false },
	{ "per_port", &per_port__per_port_state_type, per_port__per_port_key, 1, 0, NULL, true,
			false, false },
	{ "ports", &per_port__ports_type, per_port__ports_key, 1, 0, NULL, false, false, false },
	{ "conflicts(ports)", &per_port__ports_type, per_port__conflicts_ports_key, 3, 0, NULL,
			false, false, false },
	{ "per_port_rows", &per_port__per_port_rows_type, per_port__per_port_rows_key, 1, 0, NULL,
			false, true, true },
};
static const struct weft_operator_input per_port__ports_inputs[] = {
	{ TABLE_SERVICES, UINT64_C(0x1f) },
};
static const uint16_t per_port__ports_order[] = { 1, 2, 3, 4 };
static const struct weft_settle_info per_port__ports_settle = {
	"ports", WEFT_SETTLE_KEEP_FIRST, &per_port__ports_candidate_type, per_port__ports_order, 4,
			0,
	NULL, NULL, NULL, NULL, 0, false,
};
static const struct weft_operator_input per_port__per_port_rows_inputs[] = {
	{ TABLE_PORTS, UINT64_C(0x3) },
};
static const struct weft_settle_info per_port__per_port_rows_settle = {
	"per_port", WEFT_SETTLE_UNIQUE, &per_port__per_port_rows_type, NULL, 0, 0,
	NULL, NULL, NULL, NULL, 0, false,
};

static const struct weft_operator_info operators[] = {
	{ "ports", ports__run, per_port__ports_inputs, 1, TABLE_PORTS, TABLE_CONFLICTS_PORTS,
			&per_port__ports_settle },
	{ "per_port", per_port_rows__run, per_port__per_port_rows_inputs, 1, TABLE_PER_PORT_ROWS,
			WEFT_NONE, &per_port__per_port_rows_settle },
};

static const struct weft_engine_info engine_info = { tables, 7, 2, operators };

static const uint16_t per_port__per_port_needs[] = { TABLE_SERVICES };

static const struct weft_rule_info rules[] = {
	{ "per_port", "listener", TABLE_PER_PORT_ROWS, TABLE_PER_PORT, 1, WEFT_NONE,
			&per_port__per_port_handler, INT64_C(30000000000), false,
			per_port__per_port_needs, 1, "main.weft:16" },
};

const struct weft_program_info per_port_program = {
	WEFT_ABI_VERSION, "per_port", "main.weft", sizeof(struct per_port),
			offsetof(struct per_port, params),
	params, 2, &engine_info,
	sources, 1, rules, 1, NULL,
};

/* ---- the embedding API: contracts in per_port.h ---- */

enum weft_status per_port_create(const struct weft_options *options, struct per_port **program,
		char **error)
{
	void *made = NULL;
	enum weft_status status = weft_create(&per_port_program, options, &made, error);
	*program = (struct per_port *)made;
	return status;
}

void per_port_destroy(struct per_port *program)
{
	if (program == NULL)
		return;
	weft_embed_end(&program->head, &program->embed);
	weft_destroy(program);
}

enum weft_status per_port_run(struct per_port *program)
{
	weft_embed_release(&program->embed);
	return weft_run(program);
}

enum weft_status per_port_turn(struct per_port *program, int timeout_ms)
{
	weft_embed_release(&program->embed);
	return weft_turn(program, timeout_ms);
}

int per_port_descriptor(const struct per_port *program)
{
	return weft_descriptor(program);
}

void per_port_stop(struct per_port *program)
{
	weft_stop(program);
}

enum weft_status per_port_post(struct per_port *program, void (*call)(void *argument),
		void *argument)
{
	return weft_post(program, call, argument);
}

enum weft_status per_port_begin(struct per_port *program)
{
	return weft_engine_begin(program->head.engine);
}

enum weft_status per_port_commit(struct per_port *program)
{
	return weft_engine_commit(program->head.engine);
}

void per_port_rollback(struct per_port *program)
{
	weft_engine_rollback(program->head.engine);
}

static bool take_per_port__services_key(struct weft_scope *w, struct weft_text namespace_,
		struct weft_text name, struct kubernetes__service *to, const char **why)
{
	memset(to, 0, sizeof(*to));
	if (!weft_take_text(w, namespace_, &to->namespace_)) {
		*why = "namespace: not UTF-8";
		return false;
	}
	if (!weft_take_text(w, name, &to->name)) {
		*why = "name: not UTF-8";
		return false;
	}
	return true;
}

static bool take_kubernetes__protocol(struct weft_scope *w, const struct per_port_protocol *from,
		struct kubernetes__protocol *to, const char **why)
{
	to->tag = (uint32_t)from->tag;
	if (to->tag >= 4) {
		*why = "Protocol: no such variant";
		return false;
	}
	if (from->tag == PER_PORT_PROTOCOL_UNKNOWN) {
		if (!weft_take_text(w, from->as.unknown.item0, &to->as.unknown.item0)) {
			*why = "Unknown: not UTF-8";
			return false;
		}
	}
	return true;
}

static bool take_kubernetes__service_port(struct weft_scope *w,
		const struct per_port_service_port *from, struct kubernetes__service_port *to,
		const char **why)
{
	to->port = from->port;
	if (!take_kubernetes__protocol(w, &from->protocol, &to->protocol, why))
		return false;
	to->target_port.has = from->target_port.has;
	if (from->target_port.has)
		to->target_port.value = from->target_port.value;
	return true;
}

static bool take_kubernetes__service_port_list(struct weft_scope *w,
		const struct per_port_service_port_list *from, weft_id *to, const char **why)
{
	struct kubernetes__service_port *items =
			(struct kubernetes__service_port *)weft_embed_room(w,
			from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!take_kubernetes__service_port(w, &from->items[i], &items[i], why))
			return false;
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &kubernetes__service_port_type, list);
	return w->status == WEFT_OK;
}

static bool take_kubernetes__service(struct weft_scope *w, const struct per_port_service *from,
		struct kubernetes__service *to, const char **why)
{
	if (!weft_take_text(w, from->name, &to->name)) {
		*why = "name: not UTF-8";
		return false;
	}
	if (!weft_take_text(w, from->namespace_, &to->namespace_)) {
		*why = "namespace: not UTF-8";
		return false;
	}
	to->created.has = from->created.has;
	if (from->created.has)
		to->created.value = from->created.value;
	if (!weft_take_selector(w, from->selector, &to->selector)) {
		*why = "selector: not a selector: an unknown operator, or In without values";
		return false;
	}
	if (!take_kubernetes__service_port_list(w, &from->ports, &to->ports, why))
		return false;
	return true;
}

enum weft_status per_port_services_put(struct per_port *program, const struct per_port_service *row,
		const char **why)
{
	struct weft_scope scope, *w = &scope;
	struct kubernetes__service stored;
	const char *reason = "no memory";
	memset(&stored, 0, sizeof(stored));
	weft_embed_taking(w, &program->head);
	enum weft_status status = take_kubernetes__service(w, row, &stored, &reason) ? w->status
			: w->status != WEFT_OK ? w->status : WEFT_INVALID;
	if (status == WEFT_OK)
		status = weft_embed_put(&program->head, &program->embed, TABLE_SERVICES, &stored);
	else if (why != NULL)
		*why = reason;
	(void)weft_scope_end(w);
	return status;
}

enum weft_status per_port_services_delete(struct per_port *program, struct weft_text namespace_,
		struct weft_text name)
{
	struct weft_scope scope, *w = &scope;
	struct kubernetes__service stored;
	const char *why = NULL;
	weft_embed_taking(w, &program->head);
	enum weft_status status = WEFT_INVALID;
	if (take_per_port__services_key(w, namespace_, name, &stored, &why))
		status = weft_embed_delete(&program->head, &program->embed, TABLE_SERVICES,
				&stored);
	(void)weft_scope_end(w);
	return status;
}

enum weft_status per_port_services_synced(struct per_port *program)
{
	return weft_embed_synced(&program->head, &program->embed, TABLE_SERVICES);
}

static void show_kubernetes__protocol(struct weft_scope *w, const struct kubernetes__protocol *from,
		struct per_port_protocol *to)
{
	memset(to, 0, sizeof(*to));
	to->tag = (enum per_port_protocol_tag)from->tag;
	if (from->tag == KUBERNETES__PROTOCOL_UNKNOWN) {
		to->as.unknown.item0 = weft_text_of(w->intern, from->as.unknown.item0);
	}
}

static void show_kubernetes__service_port(struct weft_scope *w,
		const struct kubernetes__service_port *from, struct per_port_service_port *to)
{
	to->port = from->port;
	show_kubernetes__protocol(w, &from->protocol, &to->protocol);
	to->target_port = from->target_port;
}

static void show_kubernetes__service_port_list(struct weft_scope *w, const weft_id *from,
		struct per_port_service_port_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct per_port_service_port *items = (struct per_port_service_port *)weft_embed_room(w,
			list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct kubernetes__service_port *stored =
				(const struct kubernetes__service_port *)list.items + i;
		show_kubernetes__service_port(w, &(*stored), &items[i]);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_kubernetes__service(struct weft_scope *w, const struct kubernetes__service *from,
		struct per_port_service *to)
{
	to->name = weft_text_of(w->intern, from->name);
	to->namespace_ = weft_text_of(w->intern, from->namespace_);
	to->created = from->created;
	to->selector = weft_public_selector(w, from->selector);
	show_kubernetes__service_port_list(w, &from->ports, &to->ports);
}

const struct per_port_service *per_port_services_get(struct per_port *program,
		struct weft_text namespace_, struct weft_text name)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct kubernetes__service stored;
	const char *why = NULL;
	if (!take_per_port__services_key(w, namespace_, name, &stored, &why))
		return NULL;
	const struct kubernetes__service *found =
			(const struct kubernetes__service *)weft_table_get(weft_engine_table(program->head.engine, TABLE_SERVICES), WEFT_NEW, &stored);
	struct per_port_service *row = found != NULL
			? (struct per_port_service *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_kubernetes__service(w, found, row);
	return row;
}

size_t per_port_services_list(struct per_port *program, const struct per_port_service **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_SERVICES);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct per_port_service *row =
			(struct per_port_service *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_kubernetes__service(w, (const struct kubernetes__service *)from,
				&row[count++]);
	*rows = row;
	return count;
}

static void per_port_services_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	per_port_services_watch_fn *call = (per_port_services_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct per_port_service before, after;
		if (changes[i].before != NULL)
			show_kubernetes__service(w,
					(const struct kubernetes__service *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_kubernetes__service(w,
					(const struct kubernetes__service *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct per_port *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status per_port_services_watch(struct per_port *program, per_port_services_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_SERVICES,
			per_port_services_changed, (weft_embed_fn *)call);
}

void per_port_services_unwatch(struct per_port *program, per_port_services_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_SERVICES,
			(weft_embed_fn *)call);
}

static bool take_per_port__per_port_key(struct weft_scope *w, uint16_t port,
		struct per_port__per_port_state *to, const char **why)
{
	memset(to, 0, sizeof(*to));
	(void)w;
	(void)why;
	to->port = port;
	return true;
}

static void show_prelude__state(struct weft_scope *w, const struct prelude__state *from,
		struct per_port_state *to)
{
	memset(to, 0, sizeof(*to));
	to->tag = (enum per_port_state_tag)from->tag;
	if (from->tag == PRELUDE__STATE_PENDING) {
		to->as.pending.item0 = weft_text_of(w->intern, from->as.pending.item0);
	} else if (from->tag == PRELUDE__STATE_FAILED) {
		to->as.failed.item0 = weft_text_of(w->intern, from->as.failed.item0);
	}
}

static void show_per_port__per_port_state(struct weft_scope *w,
		const struct per_port__per_port_state *from, struct per_port_per_port *to)
{
	to->port = from->port;
	show_prelude__state(w, &from->state, &to->state);
}

const struct per_port_per_port *per_port_per_port_get(struct per_port *program, uint16_t port)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct per_port__per_port_state stored;
	const char *why = NULL;
	if (!take_per_port__per_port_key(w, port, &stored, &why))
		return NULL;
	const struct per_port__per_port_state *found =
			(const struct per_port__per_port_state *)weft_table_get(weft_engine_table(program->head.engine, TABLE_PER_PORT), WEFT_NEW, &stored);
	struct per_port_per_port *row = found != NULL
			? (struct per_port_per_port *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_per_port__per_port_state(w, found, row);
	return row;
}

size_t per_port_per_port_list(struct per_port *program, const struct per_port_per_port **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_PER_PORT);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct per_port_per_port *row =
			(struct per_port_per_port *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_per_port__per_port_state(w, (const struct per_port__per_port_state *)from,
				&row[count++]);
	*rows = row;
	return count;
}

static void per_port_per_port_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	per_port_per_port_watch_fn *call = (per_port_per_port_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct per_port_per_port before, after;
		if (changes[i].before != NULL)
			show_per_port__per_port_state(w,
					(const struct per_port__per_port_state *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_per_port__per_port_state(w,
					(const struct per_port__per_port_state *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct per_port *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status per_port_per_port_watch(struct per_port *program, per_port_per_port_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_PER_PORT,
			per_port_per_port_changed, (weft_embed_fn *)call);
}

void per_port_per_port_unwatch(struct per_port *program, per_port_per_port_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_PER_PORT,
			(weft_embed_fn *)call);
}

static bool take_per_port__ports_key(struct weft_scope *w, uint16_t port,
		struct per_port__ports *to, const char **why)
{
	memset(to, 0, sizeof(*to));
	(void)w;
	(void)why;
	to->port = port;
	return true;
}

static void show_per_port__services_ref(struct weft_scope *w,
		const struct per_port__services_ref *from, struct per_port_services_ref *to)
{
	to->namespace_ = weft_text_of(w->intern, from->namespace_);
	to->name = weft_text_of(w->intern, from->name);
}

static void show_per_port__ports(struct weft_scope *w, const struct per_port__ports *from,
		struct per_port_ports *to)
{
	to->port = from->port;
	to->target = from->target;
	show_per_port__services_ref(w, &from->service, &to->service);
}

const struct per_port_ports *per_port_ports_get(struct per_port *program, uint16_t port)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct per_port__ports stored;
	const char *why = NULL;
	if (!take_per_port__ports_key(w, port, &stored, &why))
		return NULL;
	const struct per_port__ports *found =
			(const struct per_port__ports *)weft_table_get(weft_engine_table(program->head.engine, TABLE_PORTS), WEFT_NEW, &stored);
	struct per_port_ports *row = found != NULL
			? (struct per_port_ports *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_per_port__ports(w, found, row);
	return row;
}

size_t per_port_ports_list(struct per_port *program, const struct per_port_ports **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_PORTS);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct per_port_ports *row =
			(struct per_port_ports *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_per_port__ports(w, (const struct per_port__ports *)from, &row[count++]);
	*rows = row;
	return count;
}

static void per_port_ports_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	per_port_ports_watch_fn *call = (per_port_ports_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct per_port_ports before, after;
		if (changes[i].before != NULL)
			show_per_port__ports(w, (const struct per_port__ports *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_per_port__ports(w, (const struct per_port__ports *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct per_port *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status per_port_ports_watch(struct per_port *program, per_port_ports_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_PORTS,
			per_port_ports_changed, (weft_embed_fn *)call);
}

void per_port_ports_unwatch(struct per_port *program, per_port_ports_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_PORTS,
			(weft_embed_fn *)call);
}

static bool take_per_port__per_port_rows_key(struct weft_scope *w, uint16_t port,
		struct per_port__per_port_rows *to, const char **why)
{
	memset(to, 0, sizeof(*to));
	(void)w;
	(void)why;
	to->port = port;
	return true;
}

enum weft_status per_port_per_port_adopt(struct per_port *program, uint16_t port, int descriptor)
{
	struct weft_scope scope, *w = &scope;
	struct per_port__per_port_rows row;
	const char *why = NULL;
	weft_embed_taking(w, &program->head);
	enum weft_status status = WEFT_INVALID;
	if (take_per_port__per_port_rows_key(w, port, &row, &why))
		status = weft_adopt(program, 0, &row, descriptor);
	(void)weft_scope_end(w);
	return status;
}

enum weft_status per_port_per_port_dial(struct per_port *program, uint16_t port,
		struct weft_addr to, struct weft_stream **stream)
{
	struct weft_scope scope, *w = &scope;
	struct per_port__per_port_rows row;
	const char *why = NULL;
	weft_embed_taking(w, &program->head);
	enum weft_status status = WEFT_INVALID;
	if (take_per_port__per_port_rows_key(w, port, &row, &why))
		status = weft_dial(program, 0, &row, to, stream);
	(void)weft_scope_end(w);
	return status;
}
