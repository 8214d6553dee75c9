/* The C of main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#include "sidecar.h"

#include <weft/abi.h>

#if WEFT_ABI_VERSION != 1
#error "this file was made for ABI 1 of libweft: generate it again with the weft that belongs to these headers"
#endif

struct sidecar__params {
	weft_id namespace_;
	weft_id root_namespace;
	weft_id labels;
};

/* An instance of the program. */
struct sidecar {
	struct weft_program_head head;
	struct sidecar__params params;
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

struct sidecar__rejected_services {
	weft_id namespace_;
	weft_id name;
	weft_id reason;
	weft_id place;
};

/* Other texts are quarantined: a policy whose action is not understood must not be ignored. */
/* istio.weft:6  enum Action { Allow at "ALLOW", Deny at "DENY", Custom at "CUSTOM", Audit at "AUDIT" } */
enum {
	ISTIO__ACTION_ALLOW,
	ISTIO__ACTION_DENY,
	ISTIO__ACTION_CUSTOM,
	ISTIO__ACTION_AUDIT,
};

/* istio.weft:51  record TargetReference { kind: String, name: String } */
struct istio__target_reference {
	uint8_t nothing;
};

struct istio__target_reference_option {
	bool has;
	struct istio__target_reference value;
};

/* The rules with the action that decides what an unreadable part means. */
/* istio.weft:46  record Rules { */
struct istio__rules {
	uint32_t action;
	weft_id rules;
};

/* istio.weft:53  record AuthorizationPolicy = kubernetes "security.istio.io/v1/AuthorizationPolicy" { */
struct istio__authorization_policy {
	weft_id name;
	weft_id namespace_;
	uint32_t action;
	weft_id target_refs;
	struct istio__target_reference_option target_ref;
	struct weft_selector selector;
	struct istio__rules rules;
};

/* istio.weft:38  record Rule { */
struct istio__rule {
	weft_id from;
	weft_id to;
	weft_id when;
	weft_id other;
};

/* Who: the fields are all true of the peer; a field is true when one of its values is; `not_` when none is. */
/* istio.weft:9  record Source { */
struct istio__source {
	weft_id principals;
	weft_id not_principals;
	weft_id namespaces;
	weft_id not_namespaces;
	weft_id ip_blocks;
	weft_id not_ip_blocks;
	weft_id other;
};

/* istio.weft:27  record From { source: Source } */
struct istio__from {
	struct istio__source source;
};

/* What: ports only; hosts, methods and paths need the request. */
/* istio.weft:21  record Operation { */
struct istio__operation {
	weft_id ports;
	weft_id not_ports;
	weft_id other;
};

/* istio.weft:28  record To { operation: Operation } */
struct istio__to {
	struct istio__operation operation;
};

/* An attribute and its values; one of `values`, none of `not_values`. */
/* istio.weft:31  record When { */
struct istio__when {
	weft_id key;
	weft_id values;
	weft_id not_values;
	weft_id other;
};

struct sidecar__rejected_policies {
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

/* main.weft:32  listener inbound on *:15006 { */
struct sidecar__inbound_state {
	struct prelude__state state;
};

struct sidecar__services_ref {
	weft_id namespace_;
	weft_id name;
};

/* main.weft:11  derive served[target] = */
struct sidecar__served {
	uint16_t target;
	struct sidecar__services_ref service;
};

struct sidecar__policies_ref {
	weft_id namespace_;
	weft_id name;
};

/* main.weft:19  derive guards[action, policy] = */
struct sidecar__guards {
	uint32_t action;
	struct sidecar__policies_ref policy;
	struct istio__rules rules;
};

struct sidecar__inbound_rows {
	struct weft_addr address;
};

enum {
	TABLE_SERVICES,
	TABLE_REJECTED_SERVICES,
	TABLE_CONFLICTS_SERVICES,
	TABLE_POLICIES,
	TABLE_REJECTED_POLICIES,
	TABLE_CONFLICTS_POLICIES,
	TABLE_INBOUND,
	TABLE_SERVED,
	TABLE_CONFLICTS_SERVED,
	TABLE_GUARDS,
	TABLE_INBOUND_ROWS,
};
enum {
	OPERATOR_SERVED,
	OPERATOR_GUARDS,
	OPERATOR_INBOUND_ROWS,
};

struct sidecar__served_candidate {
	struct sidecar__served row;
	struct weft_opt_int by;
	weft_id s_namespace;
	weft_id s_name;
	int64_t p_at;
};

enum {
	SIDECAR__INBOUND_START,
	SIDECAR__INBOUND_APP_DIALLED,
	SIDECAR__INBOUND_RELAYED,
};

static weft_default_fn kubernetes__service_namespace_absent;
static weft_default_fn kubernetes__service_selector_absent;
static weft_default_fn kubernetes__service_selector_empty;
static weft_default_fn kubernetes__service_port_protocol_absent;
static weft_default_fn kubernetes__service_port_target_port_absent;
static weft_default_fn istio__authorization_policy_namespace_absent;
static weft_default_fn istio__authorization_policy_action_absent;
static weft_default_fn istio__authorization_policy_selector_absent;
static weft_default_fn istio__authorization_policy_selector_empty;
static weft_default_fn istio__rules_action_absent;
static weft_default_fn istio__authorization_policy_rules_absent;
static weft_default_fn sidecar__namespace_default;
static weft_default_fn sidecar__root_namespace_default;
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

static const struct weft_field sidecar__rejected_services_fields[] = {
	{ "namespace", offsetof(struct sidecar__rejected_services, namespace_), &weft_type_string,
			NULL, NULL, NULL },
	WEFT_COLUMN(struct sidecar__rejected_services, name, &weft_type_string),
	WEFT_COLUMN(struct sidecar__rejected_services, reason, &weft_type_string),
	WEFT_COLUMN(struct sidecar__rejected_services, place, &weft_type_string),
};
static const struct weft_type sidecar__rejected_services_type =
		WEFT_RECORD_TYPE("rejected_services", struct sidecar__rejected_services, 4,
		WEFT_HAS_IDS, sidecar__rejected_services_fields);

static const struct weft_variant istio__action_variants[] = {
	{ "Allow", "ALLOW", NULL },
	{ "Deny", "DENY", NULL },
	{ "Custom", "CUSTOM", NULL },
	{ "Audit", "AUDIT", NULL },
};
static const struct weft_type istio__action_type = WEFT_ENUM_TYPE("Action", istio__action_variants);
static const struct weft_type istio__target_reference_type =
		WEFT_EMPTY_RECORD_TYPE("TargetReference", struct istio__target_reference);
static const struct weft_type istio__target_reference_list_type =
		WEFT_LIST_TYPE("[TargetReference]", &istio__target_reference_type, NULL);
static const struct weft_type istio__target_reference_option_type =
		WEFT_OPTION_TYPE("TargetReference?", struct istio__target_reference_option, 1,
		WEFT_NO_IDS, &istio__target_reference_type);
static const struct weft_type string_list_type =
		WEFT_LIST_TYPE("[String]", &weft_type_string, NULL);
static const struct weft_type cidr_list_type = WEFT_LIST_TYPE("[Cidr]", &weft_type_cidr, NULL);

static const struct weft_field istio__source_fields[] = {
	WEFT_COLUMN(struct istio__source, principals, &string_list_type),
	WEFT_FIELD(struct istio__source, not_principals, &string_list_type, "notPrincipals"),
	WEFT_COLUMN(struct istio__source, namespaces, &string_list_type),
	WEFT_FIELD(struct istio__source, not_namespaces, &string_list_type, "notNamespaces"),
	WEFT_FIELD(struct istio__source, ip_blocks, &cidr_list_type, "ipBlocks"),
	WEFT_FIELD(struct istio__source, not_ip_blocks, &cidr_list_type, "notIpBlocks"),
	WEFT_FIELD(struct istio__source, other, &string_list_type, "_"),
};
static const struct weft_type istio__source_type = WEFT_RECORD_TYPE("Source", struct istio__source,
		4, WEFT_HAS_IDS, istio__source_fields);

static const struct weft_field istio__from_fields[] = {
	WEFT_COLUMN(struct istio__from, source, &istio__source_type),
};
static const struct weft_type istio__from_type =
		WEFT_RECORD_TYPE("From", struct istio__from, 4, WEFT_HAS_IDS, istio__from_fields);
static const struct weft_type istio__from_list_type =
		WEFT_LIST_TYPE("[From]", &istio__from_type, NULL);
static const struct weft_type port_list_type = WEFT_LIST_TYPE("[Port]", &weft_type_port, NULL);

static const struct weft_field istio__operation_fields[] = {
	WEFT_COLUMN(struct istio__operation, ports, &port_list_type),
	WEFT_FIELD(struct istio__operation, not_ports, &port_list_type, "notPorts"),
	WEFT_FIELD(struct istio__operation, other, &string_list_type, "_"),
};
static const struct weft_type istio__operation_type = WEFT_RECORD_TYPE("Operation",
		struct istio__operation, 4, WEFT_HAS_IDS, istio__operation_fields);

static const struct weft_field istio__to_fields[] = {
	WEFT_COLUMN(struct istio__to, operation, &istio__operation_type),
};
static const struct weft_type istio__to_type =
		WEFT_RECORD_TYPE("To", struct istio__to, 4, WEFT_HAS_IDS, istio__to_fields);
static const struct weft_type istio__to_list_type = WEFT_LIST_TYPE("[To]", &istio__to_type, NULL);

static const struct weft_field istio__when_fields[] = {
	WEFT_COLUMN(struct istio__when, key, &weft_type_string),
	WEFT_COLUMN(struct istio__when, values, &string_list_type),
	WEFT_FIELD(struct istio__when, not_values, &string_list_type, "notValues"),
	WEFT_FIELD(struct istio__when, other, &string_list_type, "_"),
};
static const struct weft_type istio__when_type =
		WEFT_RECORD_TYPE("When", struct istio__when, 4, WEFT_HAS_IDS, istio__when_fields);
static const struct weft_type istio__when_list_type =
		WEFT_LIST_TYPE("[When]", &istio__when_type, NULL);

static const struct weft_field istio__rule_fields[] = {
	WEFT_COLUMN(struct istio__rule, from, &istio__from_list_type),
	WEFT_COLUMN(struct istio__rule, to, &istio__to_list_type),
	WEFT_COLUMN(struct istio__rule, when, &istio__when_list_type),
	WEFT_FIELD(struct istio__rule, other, &string_list_type, "_"),
};
static const struct weft_type istio__rule_type =
		WEFT_RECORD_TYPE("Rule", struct istio__rule, 4, WEFT_HAS_IDS, istio__rule_fields);
static const struct weft_type istio__rule_list_type =
		WEFT_LIST_TYPE("[Rule]", &istio__rule_type, NULL);

static const struct weft_field istio__rules_fields[] = {
	WEFT_FIELD_OR(struct istio__rules, action, &istio__action_type, NULL,
			istio__rules_action_absent, NULL),
	WEFT_COLUMN(struct istio__rules, rules, &istio__rule_list_type),
};
static const struct weft_type istio__rules_type = WEFT_RECORD_TYPE("Rules", struct istio__rules, 4,
		WEFT_HAS_IDS, istio__rules_fields);

static const struct weft_field istio__authorization_policy_fields[] = {
	WEFT_FIELD(struct istio__authorization_policy, name, &weft_type_string, "metadata.name"),
	{ "namespace", offsetof(struct istio__authorization_policy, namespace_), &weft_type_string,
			"metadata.namespace", istio__authorization_policy_namespace_absent, NULL },
	WEFT_FIELD_OR(struct istio__authorization_policy, action, &istio__action_type,
			"spec.action", istio__authorization_policy_action_absent, NULL),
	WEFT_FIELD(struct istio__authorization_policy, target_refs,
			&istio__target_reference_list_type, "spec.targetRefs"),
	WEFT_FIELD(struct istio__authorization_policy, target_ref,
			&istio__target_reference_option_type, "spec.targetRef"),
	WEFT_FIELD_OR(struct istio__authorization_policy, selector, &weft_type_selector,
			"spec.selector", istio__authorization_policy_selector_absent,
			istio__authorization_policy_selector_empty),
	WEFT_FIELD_OR(struct istio__authorization_policy, rules, &istio__rules_type, "spec",
			istio__authorization_policy_rules_absent, NULL),
};
static const struct weft_type istio__authorization_policy_type =
		WEFT_RECORD_TYPE("AuthorizationPolicy", struct istio__authorization_policy, 4,
		WEFT_HAS_IDS, istio__authorization_policy_fields);

static const struct weft_field sidecar__rejected_policies_fields[] = {
	{ "namespace", offsetof(struct sidecar__rejected_policies, namespace_), &weft_type_string,
			NULL, NULL, NULL },
	WEFT_COLUMN(struct sidecar__rejected_policies, name, &weft_type_string),
	WEFT_COLUMN(struct sidecar__rejected_policies, reason, &weft_type_string),
	WEFT_COLUMN(struct sidecar__rejected_policies, place, &weft_type_string),
};
static const struct weft_type sidecar__rejected_policies_type =
		WEFT_RECORD_TYPE("rejected(policies)", struct sidecar__rejected_policies, 4,
		WEFT_HAS_IDS, sidecar__rejected_policies_fields);

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

static const struct weft_field sidecar__inbound_state_fields[] = {
	WEFT_COLUMN(struct sidecar__inbound_state, state, &prelude__state_type),
};
static const struct weft_type sidecar__inbound_state_type = WEFT_RECORD_TYPE("inbound",
		struct sidecar__inbound_state, 4, WEFT_HAS_IDS, sidecar__inbound_state_fields);

static const struct weft_field sidecar__services_ref_fields[] = {
	{ "namespace", offsetof(struct sidecar__services_ref, namespace_), &weft_type_string, NULL,
			NULL, NULL },
	{ "name", offsetof(struct sidecar__services_ref, name), &weft_type_string, NULL, NULL,
			NULL },
};
static const struct weft_type sidecar__services_ref_type = WEFT_REF_TYPE("ref services",
		struct sidecar__services_ref, 4, WEFT_HAS_IDS, sidecar__services_ref_fields);

static const struct weft_field sidecar__served_fields[] = {
	WEFT_COLUMN(struct sidecar__served, target, &weft_type_port),
	WEFT_COLUMN(struct sidecar__served, service, &sidecar__services_ref_type),
};
static const struct weft_type sidecar__served_type = WEFT_RECORD_TYPE("served",
		struct sidecar__served, 4, WEFT_HAS_IDS, sidecar__served_fields);

static const struct weft_field sidecar__policies_ref_fields[] = {
	{ "namespace", offsetof(struct sidecar__policies_ref, namespace_), &weft_type_string, NULL,
			NULL, NULL },
	{ "name", offsetof(struct sidecar__policies_ref, name), &weft_type_string, NULL, NULL,
			NULL },
};
static const struct weft_type sidecar__policies_ref_type = WEFT_REF_TYPE("ref policies",
		struct sidecar__policies_ref, 4, WEFT_HAS_IDS, sidecar__policies_ref_fields);

static const struct weft_field sidecar__guards_fields[] = {
	WEFT_COLUMN(struct sidecar__guards, action, &istio__action_type),
	WEFT_COLUMN(struct sidecar__guards, policy, &sidecar__policies_ref_type),
	WEFT_COLUMN(struct sidecar__guards, rules, &istio__rules_type),
};
static const struct weft_type sidecar__guards_type = WEFT_RECORD_TYPE("guards",
		struct sidecar__guards, 4, WEFT_HAS_IDS, sidecar__guards_fields);

static const struct weft_field sidecar__inbound_rows_fields[] = {
	WEFT_COLUMN(struct sidecar__inbound_rows, address, &weft_type_addr),
};
static const struct weft_type sidecar__inbound_rows_type = WEFT_RECORD_TYPE("inbound_rows",
		struct sidecar__inbound_rows, 2, WEFT_NO_IDS, sidecar__inbound_rows_fields);

static const struct weft_field sidecar__served_candidate_fields[] = {
	WEFT_COLUMN(struct sidecar__served_candidate, row, &sidecar__served_type),
	WEFT_COLUMN(struct sidecar__served_candidate, by, &instant_option_type),
	WEFT_COLUMN(struct sidecar__served_candidate, s_namespace, &weft_type_string),
	WEFT_COLUMN(struct sidecar__served_candidate, s_name, &weft_type_string),
	WEFT_COLUMN(struct sidecar__served_candidate, p_at, &weft_type_int),
};
static const struct weft_type sidecar__served_candidate_type = WEFT_RECORD_TYPE("served_candidate",
		struct sidecar__served_candidate, 8, WEFT_HAS_IDS,
		sidecar__served_candidate_fields);

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

static enum weft_status istio__authorization_policy_namespace_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	(void)row;
	weft_id *out = (weft_id *)value;
	/* istio.weft:55  namespace: String at metadata.namespace absent "default" */
	*out = weft_keep_text(w, WEFT_TEXT("default"));
	return weft_scope_end(w);
}

static enum weft_status istio__authorization_policy_action_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	(void)intern;
	(void)program;
	(void)row;
	uint32_t *out = (uint32_t *)value;
	/* istio.weft:57  action: Action at spec.action absent Allow */
	*out = ISTIO__ACTION_ALLOW;
	return WEFT_OK;
}

static enum weft_status istio__authorization_policy_selector_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	const struct istio__authorization_policy *r =
			(const struct istio__authorization_policy *)row;
	struct weft_selector *out = (struct weft_selector *)value;
	/* istio.weft:62  absent if some(t in target_refs) or some(t in target_ref) { Nothing } else { Everything } */
	*out = ((weft_list_of(w->intern, r->target_refs).count > 0) || r->target_ref.has)
			? weft_selector_of(WEFT_SELECTOR_NOTHING)
			: weft_selector_of(WEFT_SELECTOR_EVERYTHING);
	return weft_scope_end(w);
}

static enum weft_status istio__authorization_policy_selector_empty(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	(void)intern;
	(void)program;
	(void)row;
	struct weft_selector *out = (struct weft_selector *)value;
	/* istio.weft:63  empty Everything */
	*out = weft_selector_of(WEFT_SELECTOR_EVERYTHING);
	return WEFT_OK;
}

static enum weft_status istio__rules_action_absent(const void *program, struct weft_intern *intern,
		const void *row, void *value)
{
	(void)intern;
	(void)program;
	(void)row;
	uint32_t *out = (uint32_t *)value;
	/* istio.weft:47  action: Action absent Allow */
	*out = ISTIO__ACTION_ALLOW;
	return WEFT_OK;
}

static enum weft_status istio__authorization_policy_rules_absent(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	(void)row;
	struct istio__rules *out = (struct istio__rules *)value;
	/* istio.weft:64  rules: Rules at spec absent { action: Allow, rules: [] } */
	out->action = ISTIO__ACTION_ALLOW;
	struct weft_list empty = { NULL, 0 };
	out->rules = weft_keep_list(w, &istio__rule_type, empty);
	return weft_scope_end(w);
}

static void served__of_s(struct weft_scope *w, struct weft_delta *delta,
		const struct kubernetes__service *s, int64_t weight)
{
	const struct sidecar *p = (const struct sidecar *)w->program;
	if (s->namespace_ != p->params.namespace_)
		return;
	/* main.weft:13  where s.selector selects labels */
	if (!weft_selects(w->intern, s->selector, weft_list_of(w->intern, p->params.labels)))
		return;
	/* main.weft:14  for p in s.ports */
	struct weft_list list = weft_list_of(w->intern, s->ports);
	for (size_t i = 0; i < list.count; i++) {
		const struct kubernetes__service_port *p_2 =
				(const struct kubernetes__service_port *)list.items + i;
		/* main.weft:15  where p.protocol == Tcp */
		if (p_2->protocol.tag != KUBERNETES__PROTOCOL_TCP)
			continue;
		struct sidecar__served_candidate candidate;
		memset(&candidate, 0, sizeof(candidate));
		/* main.weft:16  yield { target: p.target_port else skip, service: s.id } */
		if (!p_2->target_port.has)
			continue;
		candidate.row.target = p_2->target_port.value;
		struct sidecar__services_ref ref;
		memset(&ref, 0, sizeof(ref));
		ref.namespace_ = s->namespace_;
		ref.name = s->name;
		candidate.row.service = ref;
		/* main.weft:17  on conflict keep first by s.created */
		candidate.by.has = s->created.has;
		candidate.by.value = s->created.value;
		candidate.s_namespace = s->namespace_;
		candidate.s_name = s->name;
		candidate.p_at = (int64_t)i;
		if (w->status == WEFT_OK)
			w->status = weft_delta_add(delta, &candidate, weight);
	}
}

static enum weft_status served__run(void *program, struct weft_engine *engine)
{
	struct weft_scope scope, *w = &scope;
	struct weft_delta *delta = weft_engine_delta(engine, OPERATOR_SERVED);
	const struct weft_change *change;
	size_t count;
	weft_scope_of_engine(w, program, engine);
	w->counters = weft_engine_counters(engine, OPERATOR_SERVED);
	change = weft_table_changes(weft_engine_table(engine, TABLE_SERVICES), &count);
	for (size_t i = 0; i < count; i++) {
		if (!(change[i].columns & UINT64_C(0x1f)))
			continue;
		if (change[i].before)
			served__of_s(w, delta, (const struct kubernetes__service *)change[i].before,
					-1);
		if (change[i].after)
			served__of_s(w, delta, (const struct kubernetes__service *)change[i].after,
					1);
	}
	return w->status != WEFT_OK ? w->status : weft_settle(engine, OPERATOR_SERVED);
}

static void guards__of_a(struct weft_scope *w, struct weft_delta *delta,
		const struct istio__authorization_policy *a, int64_t weight)
{
	const struct sidecar *p = (const struct sidecar *)w->program;
	/* main.weft:22  where a.selector selects labels */
	if (!weft_selects(w->intern, a->selector, weft_list_of(w->intern, p->params.labels)))
		return;
	/* main.weft:20  for n in [namespace, root_namespace] */
	weft_id items[2];
	memset(items, 0, sizeof(items));
	items[0] = p->params.namespace_;
	items[1] = p->params.root_namespace;
	const struct weft_list list = { items, 2 };
	for (size_t i = 0; i < list.count; i++) {
		const weft_id n = ((const weft_id *)list.items)[i];
		if (a->namespace_ != n)
			continue;
		struct sidecar__guards candidate;
		memset(&candidate, 0, sizeof(candidate));
		/* main.weft:23  yield { action: a.action, policy: a.id, rules: a.rules } */
		candidate.action = a->action;
		struct sidecar__policies_ref ref;
		memset(&ref, 0, sizeof(ref));
		ref.namespace_ = a->namespace_;
		ref.name = a->name;
		candidate.policy = ref;
		candidate.rules = a->rules;
		if (w->status == WEFT_OK)
			w->status = weft_delta_add(delta, &candidate, weight);
	}
}

static enum weft_status guards__run(void *program, struct weft_engine *engine)
{
	struct weft_scope scope, *w = &scope;
	struct weft_delta *delta = weft_engine_delta(engine, OPERATOR_GUARDS);
	const struct weft_change *change;
	size_t count;
	weft_scope_of_engine(w, program, engine);
	w->counters = weft_engine_counters(engine, OPERATOR_GUARDS);
	change = weft_table_changes(weft_engine_table(engine, TABLE_POLICIES), &count);
	for (size_t i = 0; i < count; i++) {
		if (!(change[i].columns & UINT64_C(0x67)))
			continue;
		if (change[i].before)
			guards__of_a(w, delta, (const struct istio__authorization_policy *)change[i].before, -1);
		if (change[i].after)
			guards__of_a(w, delta, (const struct istio__authorization_policy *)change[i].after, 1);
	}
	return w->status != WEFT_OK ? w->status : weft_settle(engine, OPERATOR_GUARDS);
}

static void inbound_rows__at_start(struct weft_scope *w, struct weft_delta *delta)
{
	struct sidecar__inbound_rows candidate;
	memset(&candidate, 0, sizeof(candidate));
	/* main.weft:32  listener inbound on *:15006 { */
	candidate.address = weft_addr_of(weft_ip_any(), 15006);
	if (w->status == WEFT_OK)
		w->status = weft_delta_add(delta, &candidate, 1);
}

static enum weft_status inbound_rows__run(void *program, struct weft_engine *engine)
{
	struct weft_scope scope, *w = &scope;
	struct weft_delta *delta = weft_engine_delta(engine, OPERATOR_INBOUND_ROWS);
	weft_scope_of_engine(w, program, engine);
	w->counters = weft_engine_counters(engine, OPERATOR_INBOUND_ROWS);
	if (weft_engine_is_first(engine))
		inbound_rows__at_start(w, delta);
	return w->status != WEFT_OK ? w->status : weft_settle(engine, OPERATOR_INBOUND_ROWS);
}

static const struct sidecar__served *sidecar__served_row(struct weft_conn *conn, uint16_t target)
{
	struct weft_view_cursor at;
	const struct sidecar__served *found = (const struct sidecar__served *)weft_conn_first(conn,
			&at, TABLE_SERVED, WEFT_PRIMARY, weft_hash_u64(0, target));
	while (found != NULL && !(found->target == target))
		found = (const struct sidecar__served *)weft_view_next(&at);
	return found;
}

/* A source that says nothing matches nothing. */
static bool istio__says_nothing(const struct istio__source *s)
{
	/* istio.weft:77 */
	return (s->principals == 0) && (s->not_principals == 0) && (s->namespaces == 0) &&
			(s->not_namespaces == 0) && (s->ip_blocks == 0) && (s->not_ip_blocks == 0) &&
			(s->other == 0);
}

static bool istio__principal(struct weft_scope *w, struct weft_conn *conn,
		struct weft_list patterns)
{
	(void)conn;
	/* istio.weft:70  some(i in c.peer.identity, p in patterns where i like p) */
	bool found = false;
	struct weft_opt_text identity = { false, { NULL, 0 } };
	for (bool round = identity.has; round && !found; round = false) {
		for (size_t i = 0; i < patterns.count && !found; i++) {
			const weft_id p_2 = ((const weft_id *)patterns.items)[i];
			found = weft_like_identity(identity.value, weft_text_of(w->intern, p_2));
		}
	}
	return found;
}

static bool istio__in_namespace(struct weft_scope *w, struct weft_conn *conn,
		struct weft_list patterns)
{
	(void)conn;
	/* istio.weft:73 */
	bool found = false;
	struct weft_opt_text identity = { false, { NULL, 0 } };
	for (bool round = identity.has; round && !found; round = false) {
		for (size_t i = 0; i < patterns.count && !found; i++) {
			const weft_id p_2 = ((const weft_id *)patterns.items)[i];
			const struct weft_text parts[] = { WEFT_TEXT("*/ns/"),
					weft_text_of(w->intern, p_2), WEFT_TEXT("/sa/*") };
			found = weft_like_identity(identity.value, weft_join(w, parts, 3));
		}
	}
	return found;
}

static bool istio__source_matches(struct weft_scope *w, const struct istio__source *s, bool denies,
		struct weft_conn *conn)
{
	/* istio.weft:81  not says_nothing(s) */
	bool holds_2 = !istio__says_nothing(s) && (denies || (s->other == 0)) &&
			((s->principals == 0) || istio__principal(w, conn,
			weft_list_of(w->intern, s->principals))) &&
			!istio__principal(w, conn, weft_list_of(w->intern, s->not_principals)) &&
			((s->namespaces == 0) || istio__in_namespace(w, conn,
			weft_list_of(w->intern, s->namespaces))) &&
			!istio__in_namespace(w, conn, weft_list_of(w->intern, s->not_namespaces));
	if (holds_2) {
		bool holds = s->ip_blocks == 0;
		if (!holds) {
			struct weft_list ranges = weft_list_of(w->intern, s->ip_blocks);
			bool inside = false;
			for (size_t i = 0; i < ranges.count && !inside; i++)
				inside = weft_within(conn->remote.ip,
						((const struct weft_cidr *)ranges.items)[i]);
			holds = inside;
		}
		holds_2 = holds;
	}
	if (holds_2) {
		struct weft_list ranges_2 = weft_list_of(w->intern, s->not_ip_blocks);
		bool inside_2 = false;
		for (size_t i_2 = 0; i_2 < ranges_2.count && !inside_2; i_2++)
			inside_2 = weft_within(conn->remote.ip,
					((const struct weft_cidr *)ranges_2.items)[i_2]);
		holds_2 = !inside_2;
	}
	return holds_2;
}

/* An operation that says nothing matches nothing. */
static bool istio__operation_matches(struct weft_scope *w, const struct istio__operation *o,
		bool denies, struct weft_conn *conn)
{
	/* istio.weft:92  not (o.ports == [] and o.not_ports == [] and o.other == []) */
	bool holds_2 = !((o->ports == 0) && (o->not_ports == 0) && (o->other == 0)) &&
			(denies || (o->other == 0));
	if (holds_2) {
		bool holds = o->ports == 0;
		if (!holds) {
			struct weft_list items = weft_list_of(w->intern, o->ports);
			bool found = false;
			for (size_t i = 0; i < items.count && !found; i++)
				found =
						((const uint16_t *)items.items)[i] == conn->original_dst.port;
			holds = found;
		}
		holds_2 = holds;
	}
	if (holds_2) {
		struct weft_list items_2 = weft_list_of(w->intern, o->not_ports);
		bool found_2 = false;
		for (size_t i_2 = 0; i_2 < items_2.count && !found_2; i_2++)
			found_2 = ((const uint16_t *)items_2.items)[i_2] == conn->original_dst.port;
		holds_2 = !found_2;
	}
	return holds_2;
}

/* Whether every value can be read: one that cannot must not make a denial narrower or a permission wider. */
static bool istio__has_readable_values(struct weft_scope *w, const struct istio__when *w_2)
{
	/* istio.weft:110  match w.key { */
	bool chosen = false;
	if (weft_text_equal(weft_text_of(w->intern, w_2->key), WEFT_TEXT("source.principal"))) {
		chosen = true;
	} else if (weft_text_equal(weft_text_of(w->intern, w_2->key),
			WEFT_TEXT("source.namespace"))) {
		chosen = true;
	} else if (weft_text_equal(weft_text_of(w->intern, w_2->key), WEFT_TEXT("source.ip"))) {
		bool fails = false;
		struct weft_list list = weft_list_of(w->intern, w_2->values);
		for (size_t i = 0; i < list.count && !fails; i++) {
			const weft_id v = ((const weft_id *)list.items)[i];
			struct weft_opt_cidr parsed = { false, { { { 0 } }, 0 } };
			parsed.has = weft_parse_value(w->maker, &weft_type_cidr,
					weft_text_of(w->intern, v), &parsed.value, NULL) == WEFT_OK;
			fails = !parsed.has;
		}
		bool holds = !fails;
		if (holds) {
			bool fails_2 = false;
			struct weft_list list_2 = weft_list_of(w->intern, w_2->not_values);
			for (size_t i_2 = 0; i_2 < list_2.count && !fails_2; i_2++) {
				const weft_id v_2 = ((const weft_id *)list_2.items)[i_2];
				struct weft_opt_cidr parsed_2 = { false, { { { 0 } }, 0 } };
				parsed_2.has = weft_parse_value(w->maker, &weft_type_cidr,
						weft_text_of(w->intern, v_2), &parsed_2.value,
						NULL) == WEFT_OK;
				fails_2 = !parsed_2.has;
			}
			holds = !fails_2;
		}
		chosen = holds;
	} else if (weft_text_equal(weft_text_of(w->intern, w_2->key),
			WEFT_TEXT("destination.ip"))) {
		bool fails_3 = false;
		struct weft_list list_3 = weft_list_of(w->intern, w_2->values);
		for (size_t i_3 = 0; i_3 < list_3.count && !fails_3; i_3++) {
			const weft_id v_3 = ((const weft_id *)list_3.items)[i_3];
			struct weft_opt_cidr parsed_3 = { false, { { { 0 } }, 0 } };
			parsed_3.has = weft_parse_value(w->maker, &weft_type_cidr,
					weft_text_of(w->intern, v_3), &parsed_3.value,
					NULL) == WEFT_OK;
			fails_3 = !parsed_3.has;
		}
		bool holds_2 = !fails_3;
		if (holds_2) {
			bool fails_4 = false;
			struct weft_list list_4 = weft_list_of(w->intern, w_2->not_values);
			for (size_t i_4 = 0; i_4 < list_4.count && !fails_4; i_4++) {
				const weft_id v_4 = ((const weft_id *)list_4.items)[i_4];
				struct weft_opt_cidr parsed_4 = { false, { { { 0 } }, 0 } };
				parsed_4.has = weft_parse_value(w->maker, &weft_type_cidr,
						weft_text_of(w->intern, v_4), &parsed_4.value,
						NULL) == WEFT_OK;
				fails_4 = !parsed_4.has;
			}
			holds_2 = !fails_4;
		}
		chosen = holds_2;
	} else if (weft_text_equal(weft_text_of(w->intern, w_2->key),
			WEFT_TEXT("destination.port"))) {
		chosen = true;
	} else {
		chosen = false;
	}
	return chosen;
}

/* Whether the attribute has one of these values. A text that is no address is no value. */
static bool istio__has_value(struct weft_scope *w, struct weft_text key, struct weft_list values,
		struct weft_conn *conn)
{
	/* istio.weft:99  match key { */
	bool chosen = false;
	if (weft_text_equal(key, WEFT_TEXT("source.principal"))) {
		chosen = istio__principal(w, conn, values);
	} else if (weft_text_equal(key, WEFT_TEXT("source.namespace"))) {
		chosen = istio__in_namespace(w, conn, values);
	} else if (weft_text_equal(key, WEFT_TEXT("source.ip"))) {
		bool found = false;
		for (size_t i = 0; i < values.count && !found; i++) {
			const weft_id v = ((const weft_id *)values.items)[i];
			struct weft_opt_cidr parsed = { false, { { { 0 } }, 0 } };
			parsed.has = weft_parse_value(w->maker, &weft_type_cidr,
					weft_text_of(w->intern, v), &parsed.value, NULL) == WEFT_OK;
			if (!parsed.has)
				continue;
			found = weft_within(conn->remote.ip, parsed.value);
		}
		chosen = found;
	} else if (weft_text_equal(key, WEFT_TEXT("destination.ip"))) {
		bool found_2 = false;
		for (size_t i_2 = 0; i_2 < values.count && !found_2; i_2++) {
			const weft_id v_2 = ((const weft_id *)values.items)[i_2];
			struct weft_opt_cidr parsed_2 = { false, { { { 0 } }, 0 } };
			parsed_2.has = weft_parse_value(w->maker, &weft_type_cidr,
					weft_text_of(w->intern, v_2), &parsed_2.value,
					NULL) == WEFT_OK;
			if (!parsed_2.has)
				continue;
			found_2 = weft_within(conn->original_dst.ip, parsed_2.value);
		}
		chosen = found_2;
	} else if (weft_text_equal(key, WEFT_TEXT("destination.port"))) {
		const struct weft_text parts[] = { weft_show_int(w, conn->original_dst.port) };
		struct weft_text item = weft_join(w, parts, 1);
		bool found_3 = false;
		for (size_t i_3 = 0; i_3 < values.count && !found_3; i_3++)
			found_3 = weft_text_equal(weft_text_of(w->intern,
					((const weft_id *)values.items)[i_3]), item);
		chosen = found_3;
	} else {
		chosen = false;
	}
	return chosen;
}

static bool istio__condition_holds(struct weft_scope *w, const struct istio__when *w_2, bool denies,
		struct weft_conn *conn)
{
	/* istio.weft:120  if w.other == [] and has_readable_values(w) { */
	return ((w_2->other == 0) && istio__has_readable_values(w, w_2))
			? (((w_2->values == 0) || istio__has_value(w,
			weft_text_of(w->intern, w_2->key), weft_list_of(w->intern, w_2->values),
			conn)) && !istio__has_value(w, weft_text_of(w->intern, w_2->key),
			weft_list_of(w->intern, w_2->not_values), conn)) : denies;
}

static bool istio__rule_matches(struct weft_scope *w, const struct istio__rule *r, bool denies,
		struct weft_conn *conn)
{
	/* istio.weft:125  (denies or r.other == []) */
	bool holds_2 = denies || (r->other == 0);
	if (holds_2) {
		bool holds = r->from == 0;
		if (!holds) {
			bool found = false;
			struct weft_list list = weft_list_of(w->intern, r->from);
			for (size_t i = 0; i < list.count && !found; i++) {
				const struct istio__from *f =
						(const struct istio__from *)list.items + i;
				found = istio__source_matches(w, &f->source, denies, conn);
			}
			holds = found;
		}
		holds_2 = holds;
	}
	if (holds_2) {
		bool holds_3 = r->to == 0;
		if (!holds_3) {
			bool found_2 = false;
			struct weft_list list_2 = weft_list_of(w->intern, r->to);
			for (size_t i_2 = 0; i_2 < list_2.count && !found_2; i_2++) {
				const struct istio__to *t =
						(const struct istio__to *)list_2.items + i_2;
				found_2 = istio__operation_matches(w, &t->operation, denies, conn);
			}
			holds_3 = found_2;
		}
		holds_2 = holds_3;
	}
	if (holds_2) {
		bool fails = false;
		struct weft_list list_3 = weft_list_of(w->intern, r->when);
		for (size_t i_3 = 0; i_3 < list_3.count && !fails; i_3++) {
			const struct istio__when *w_2 =
					(const struct istio__when *)list_3.items + i_3;
			fails = !istio__condition_holds(w, w_2, denies, conn);
		}
		holds_2 = !fails;
	}
	return holds_2;
}

/* `policy.rules matches conn`. Without rules nothing matches; `[{}]` matches everything. */
static bool istio__matches(struct weft_scope *w, const struct istio__rules *p_2,
		struct weft_conn *conn)
{
	/* istio.weft:131 */
	bool found = false;
	struct weft_list list = weft_list_of(w->intern, p_2->rules);
	for (size_t i = 0; i < list.count && !found; i++) {
		const struct istio__rule *r = (const struct istio__rule *)list.items + i;
		found = istio__rule_matches(w, r, (p_2->action == ISTIO__ACTION_DENY), conn);
	}
	return found;
}

static struct weft_verdict sidecar__may_enter(struct weft_scope *w, struct weft_conn *conn)
{
	const struct sidecar *p = (const struct sidecar *)w->program;
	/* main.weft:26  forbid unread  when some(r in rejected(policies)[namespace, _]) */
	bool found = false;
	struct weft_view_cursor at;
	const struct sidecar__rejected_policies *r =
			(const struct sidecar__rejected_policies *)weft_conn_each(conn, &at,
			TABLE_REJECTED_POLICIES);
	for (; r != NULL && !found; r = (const struct sidecar__rejected_policies *)weft_view_next(&at)) {
		found = (r->namespace_ == p->params.namespace_) ||
				weft_text_equal(weft_text_of(w->intern, r->namespace_),
				WEFT_TEXT(""));
	}
	if (found)
		return weft_verdict_of(false, "unread");
	/* main.weft:27  forbid denied  when some(g in guards[Deny, _] where g.rules matches c) */
	bool found_2 = false;
	struct weft_view_cursor at_2;
	const struct sidecar__guards *g = (const struct sidecar__guards *)weft_conn_first(conn,
			&at_2, TABLE_GUARDS, 0, weft_hash_u64(0,
			weft_hash_u64(ISTIO__ACTION_DENY, 0)));
	for (; g != NULL && !found_2; g = (const struct sidecar__guards *)weft_view_next(&at_2)) {
		if (g->action != ISTIO__ACTION_DENY)
			continue;
		found_2 = istio__matches(w, &g->rules, conn);
	}
	if (found_2)
		return weft_verdict_of(false, "denied");
	/* main.weft:28  permit open    when none(g in guards[Allow, _]) */
	bool found_3 = false;
	struct weft_view_cursor at_3;
	const struct sidecar__guards *g_2 = (const struct sidecar__guards *)weft_conn_first(conn,
			&at_3, TABLE_GUARDS, 0, weft_hash_u64(0,
			weft_hash_u64(ISTIO__ACTION_ALLOW, 0)));
	for (; g_2 != NULL && !found_3; g_2 = (const struct sidecar__guards *)weft_view_next(&at_3)) {
		if (g_2->action != ISTIO__ACTION_ALLOW)
			continue;
		found_3 = true;
	}
	if (!found_3)
		return weft_verdict_of(true, "open");
	/* main.weft:29  permit allowed when some(g in guards[Allow, _] where g.rules matches c) */
	bool found_4 = false;
	struct weft_view_cursor at_4;
	const struct sidecar__guards *g_3 = (const struct sidecar__guards *)weft_conn_first(conn,
			&at_4, TABLE_GUARDS, 0, weft_hash_u64(0,
			weft_hash_u64(ISTIO__ACTION_ALLOW, 0)));
	for (; g_3 != NULL && !found_4; g_3 = (const struct sidecar__guards *)weft_view_next(&at_4)) {
		if (g_3->action != ISTIO__ACTION_ALLOW)
			continue;
		found_4 = istio__matches(w, &g_3->rules, conn);
	}
	if (found_4)
		return weft_verdict_of(true, "allowed");
	return weft_verdict_of(false, "default");
}

static void sidecar__inbound_start(struct weft_conn *conn)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_conn(w, conn);
	/* main.weft:33  let port = conn.original_dst.port */
	uint16_t port = conn->original_dst.port;
	/* main.weft:34  let s = served[port] else deny "no Service exposes port {port}" */
	const struct sidecar__served *s = sidecar__served_row(conn, port);
	if (s == NULL) {
		const struct weft_text parts[] =
				{ WEFT_TEXT("no Service exposes port "), weft_show_int(w, port) };
		weft_conn_deny(conn, weft_join(w, parts, 2));
		return;
	}
	/* main.weft:35  require may_enter(conn) */
	struct weft_verdict verdict = sidecar__may_enter(w, conn);
	if (!verdict.allowed) {
		const struct weft_text reason[] =
				{ WEFT_TEXT("may_enter."), weft_text_from(verdict.clause) };
		weft_conn_deny(conn, weft_join(w, reason, 2));
		return;
	}
	/* main.weft:36  let app = dial 127.0.0.1:{port} else close */
	if (w->status != WEFT_OK) {
		weft_conn_deny(conn, WEFT_TEXT("out of memory"));
		return;
	}
	conn->state = SIDECAR__INBOUND_APP_DIALLED;
	weft_conn_dial(conn, weft_addr_of(weft_ip4(127, 0, 0, 1), port), NULL);
}

static const char *sidecar__inbound_judge(struct weft_conn *conn)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_conn(w, conn);
	/* main.weft:37  relay conn <-> app while may_enter(conn) */
	struct weft_verdict verdict = sidecar__may_enter(w, conn);
	if (w->status != WEFT_OK)
		return "out of memory";
	if (verdict.allowed)
		return NULL;
	const struct weft_text reason[] =
			{ WEFT_TEXT("may_enter."), weft_text_from(verdict.clause) };
	return weft_join(w, reason, 2).data;
}

static void sidecar__inbound_app_dialled(struct weft_conn *conn)
{
	/* main.weft:36  let app = dial 127.0.0.1:{port} else close */
	if (conn->result != WEFT_OK) {
		weft_conn_close(conn);
		return;
	}
	struct weft_stream *app = conn->dialled;
	/* main.weft:37  relay conn <-> app while may_enter(conn) */
	conn->state = SIDECAR__INBOUND_RELAYED;
	weft_conn_relay(conn, conn->downstream, app, sidecar__inbound_judge);
}

static void sidecar__inbound_step(struct weft_conn *conn)
{
	switch (conn->state) {
	case SIDECAR__INBOUND_START:
		sidecar__inbound_start(conn);
		return;
	case SIDECAR__INBOUND_APP_DIALLED:
		sidecar__inbound_app_dialled(conn);
		return;
	default:
		weft_conn_close(conn);
		return;
	}
}

static const struct weft_handler_info sidecar__inbound_handler = {
	"inbound", sizeof(struct weft_conn), sidecar__inbound_step, TABLE_INBOUND_ROWS,
};

static enum weft_status sidecar__namespace_default(const void *program, struct weft_intern *intern,
		const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	(void)row;
	weft_id *out = (weft_id *)value;
	/* main.weft:4  param namespace: String = env("POD_NAMESPACE") else "default" */
	*out = weft_keep_text(w, WEFT_TEXT("default"));
	return weft_scope_end(w);
}

static enum weft_status sidecar__root_namespace_default(const void *program,
		struct weft_intern *intern, const void *row, void *value)
{
	struct weft_scope scope, *w = &scope;
	weft_scope_of_default(w, program, intern);
	(void)row;
	weft_id *out = (weft_id *)value;
	/* main.weft:5  param root_namespace: String = "istio-system" */
	*out = weft_keep_text(w, WEFT_TEXT("istio-system"));
	return weft_scope_end(w);
}

static const struct weft_param_info params[] = {
	{ "namespace", &weft_type_string, offsetof(struct sidecar__params, namespace_),
			"POD_NAMESPACE", sidecar__namespace_default, "main.weft:4" },
	{ "root_namespace", &weft_type_string, offsetof(struct sidecar__params, root_namespace),
			NULL, sidecar__root_namespace_default, "main.weft:5" },
	{ "labels", &weft_type_labels, offsetof(struct sidecar__params, labels), "POD_LABELS", NULL,
			"main.weft:6" },
};

static const struct weft_source_info sources[] = {
	{ TABLE_SERVICES, TABLE_REJECTED_SERVICES, TABLE_CONFLICTS_SERVICES, WEFT_SOURCE_KUBERNETES,
			"v1/Service", NULL, INT64_C(0), NULL, "main.weft:8" },
	{ TABLE_POLICIES, TABLE_REJECTED_POLICIES, TABLE_CONFLICTS_POLICIES, WEFT_SOURCE_KUBERNETES,
			"security.istio.io/v1/AuthorizationPolicy", NULL, INT64_C(0), NULL,
			"main.weft:9" },
};

static const uint16_t sidecar__services_key[] = { 1, 0 };
static const uint16_t sidecar__rejected_services_key[] = { 0, 1, 3 };
static const uint16_t sidecar__conflicts_services_key[] = { 0, 1, 2, 3, 4 };
static const uint16_t sidecar__policies_key[] = { 1, 0 };
static const uint16_t sidecar__rejected_policies_key[] = { 0, 1, 3 };
static const uint16_t sidecar__conflicts_policies_key[] = { 0, 1, 2, 3, 4, 5, 6 };
static const uint16_t sidecar__served_key[] = { 0 };
static const uint16_t sidecar__conflicts_served_key[] = { 0, 1 };
static const uint16_t sidecar__guards_key[] = { 0, 1 };
static const uint16_t sidecar__guards_by_action[] = { 0 };
static const struct weft_index_info sidecar__guards_indexes[] = {
	{ "action", sidecar__guards_by_action, 1, NULL },
};

static const struct weft_table_info tables[] = {
	{ "services", &kubernetes__service_type, sidecar__services_key, 2, 0, NULL, true, false,
			false },
	{ "rejected(services)", &sidecar__rejected_services_type, sidecar__rejected_services_key, 3,
			0, NULL, true, false, false },
	{ "conflicts(services)", &kubernetes__service_type, sidecar__conflicts_services_key, 5, 0,
			NULL, true, false, false },
	{ "policies", &istio__authorization_policy_type, sidecar__policies_key, 2, 0, NULL, true,
			false, false },
	{ "rejected(policies)", &sidecar__rejected_policies_type, sidecar__rejected_policies_key, 3,
			0, NULL, true, true, false },
	{ "conflicts(policies)", &istio__authorization_policy_type, sidecar__conflicts_policies_key,
			7, 0, NULL, true, false, false },
	{ "inbound", &sidecar__inbound_state_type, NULL, 0, 0, NULL, true, false, false },
	{ "served", &sidecar__served_type, sidecar__served_key, 1, 0, NULL, false, true, false },
	{ "conflicts(served)", &sidecar__served_type, sidecar__conflicts_served_key, 2, 0, NULL,
			false, false, false },
	{ "guards", &sidecar__guards_type, sidecar__guards_key, 2, 1, sidecar__guards_indexes,
			false, true, false },
	{ "inbound_rows", &sidecar__inbound_rows_type, NULL, 0, 0, NULL, false, false, true },
};
static const struct weft_operator_input sidecar__served_inputs[] = {
	{ TABLE_SERVICES, UINT64_C(0x1f) },
};
static const uint16_t sidecar__served_order[] = { 1, 2, 3, 4 };
static const struct weft_settle_info sidecar__served_settle = {
	"served", WEFT_SETTLE_KEEP_FIRST, &sidecar__served_candidate_type, sidecar__served_order, 4,
			0,
	NULL, NULL, NULL, NULL, 0, false,
};
static const struct weft_operator_input sidecar__guards_inputs[] = {
	{ TABLE_POLICIES, UINT64_C(0x67) },
};
static const struct weft_settle_info sidecar__guards_settle = {
	"guards", WEFT_SETTLE_UNIQUE, &sidecar__guards_type, NULL, 0, 0,
	NULL, NULL, NULL, NULL, 0, false,
};
static const struct weft_settle_info sidecar__inbound_rows_settle = {
	"inbound", WEFT_SETTLE_UNIQUE, &sidecar__inbound_rows_type, NULL, 0, 0,
	NULL, NULL, NULL, NULL, 0, false,
};

static const struct weft_operator_info operators[] = {
	{ "served", served__run, sidecar__served_inputs, 1, TABLE_SERVED, TABLE_CONFLICTS_SERVED,
			&sidecar__served_settle },
	{ "guards", guards__run, sidecar__guards_inputs, 1, TABLE_GUARDS, WEFT_NONE,
			&sidecar__guards_settle },
	{ "inbound", inbound_rows__run, NULL, 0, TABLE_INBOUND_ROWS, WEFT_NONE,
			&sidecar__inbound_rows_settle },
};

static const struct weft_engine_info engine_info = { tables, 11, 3, operators };

static const uint16_t sidecar__inbound_needs[] = { TABLE_SERVICES, TABLE_POLICIES };

static const struct weft_rule_info rules[] = {
	{ "inbound", "listener", TABLE_INBOUND_ROWS, TABLE_INBOUND, 0, WEFT_NONE,
			&sidecar__inbound_handler, INT64_C(30000000000), false,
			sidecar__inbound_needs, 2, "main.weft:32" },
};

const struct weft_program_info sidecar_program = {
	WEFT_ABI_VERSION, "sidecar", "main.weft", sizeof(struct sidecar),
			offsetof(struct sidecar, params),
	params, 3, &engine_info,
	sources, 2, rules, 1, NULL,
};

/* ---- the embedding API: contracts in sidecar.h ---- */

enum weft_status sidecar_create(const struct weft_options *options, struct sidecar **program,
		char **error)
{
	void *made = NULL;
	enum weft_status status = weft_create(&sidecar_program, options, &made, error);
	*program = (struct sidecar *)made;
	return status;
}

void sidecar_destroy(struct sidecar *program)
{
	if (program == NULL)
		return;
	weft_embed_end(&program->head, &program->embed);
	weft_destroy(program);
}

enum weft_status sidecar_run(struct sidecar *program)
{
	weft_embed_release(&program->embed);
	return weft_run(program);
}

enum weft_status sidecar_turn(struct sidecar *program, int timeout_ms)
{
	weft_embed_release(&program->embed);
	return weft_turn(program, timeout_ms);
}

int sidecar_descriptor(const struct sidecar *program)
{
	return weft_descriptor(program);
}

void sidecar_stop(struct sidecar *program)
{
	weft_stop(program);
}

enum weft_status sidecar_post(struct sidecar *program, void (*call)(void *argument), void *argument)
{
	return weft_post(program, call, argument);
}

enum weft_status sidecar_begin(struct sidecar *program)
{
	return weft_engine_begin(program->head.engine);
}

enum weft_status sidecar_commit(struct sidecar *program)
{
	return weft_engine_commit(program->head.engine);
}

void sidecar_rollback(struct sidecar *program)
{
	weft_engine_rollback(program->head.engine);
}

static bool take_sidecar__services_key(struct weft_scope *w, struct weft_text namespace_,
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

static bool take_kubernetes__protocol(struct weft_scope *w, const struct sidecar_protocol *from,
		struct kubernetes__protocol *to, const char **why)
{
	to->tag = (uint32_t)from->tag;
	if (to->tag >= 4) {
		*why = "Protocol: no such variant";
		return false;
	}
	if (from->tag == SIDECAR_PROTOCOL_UNKNOWN) {
		if (!weft_take_text(w, from->as.unknown.item0, &to->as.unknown.item0)) {
			*why = "Unknown: not UTF-8";
			return false;
		}
	}
	return true;
}

static bool take_kubernetes__service_port(struct weft_scope *w,
		const struct sidecar_service_port *from, struct kubernetes__service_port *to,
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
		const struct sidecar_service_port_list *from, weft_id *to, const char **why)
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

static bool take_kubernetes__service(struct weft_scope *w, const struct sidecar_service *from,
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

enum weft_status sidecar_services_put(struct sidecar *program, const struct sidecar_service *row,
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

enum weft_status sidecar_services_delete(struct sidecar *program, struct weft_text namespace_,
		struct weft_text name)
{
	struct weft_scope scope, *w = &scope;
	struct kubernetes__service stored;
	const char *why = NULL;
	weft_embed_taking(w, &program->head);
	enum weft_status status = WEFT_INVALID;
	if (take_sidecar__services_key(w, namespace_, name, &stored, &why))
		status = weft_embed_delete(&program->head, &program->embed, TABLE_SERVICES,
				&stored);
	(void)weft_scope_end(w);
	return status;
}

enum weft_status sidecar_services_synced(struct sidecar *program)
{
	return weft_embed_synced(&program->head, &program->embed, TABLE_SERVICES);
}

static void show_kubernetes__protocol(struct weft_scope *w, const struct kubernetes__protocol *from,
		struct sidecar_protocol *to)
{
	memset(to, 0, sizeof(*to));
	to->tag = (enum sidecar_protocol_tag)from->tag;
	if (from->tag == KUBERNETES__PROTOCOL_UNKNOWN) {
		to->as.unknown.item0 = weft_text_of(w->intern, from->as.unknown.item0);
	}
}

static void show_kubernetes__service_port(struct weft_scope *w,
		const struct kubernetes__service_port *from, struct sidecar_service_port *to)
{
	to->port = from->port;
	show_kubernetes__protocol(w, &from->protocol, &to->protocol);
	to->target_port = from->target_port;
}

static void show_kubernetes__service_port_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_service_port_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct sidecar_service_port *items = (struct sidecar_service_port *)weft_embed_room(w,
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
		struct sidecar_service *to)
{
	to->name = weft_text_of(w->intern, from->name);
	to->namespace_ = weft_text_of(w->intern, from->namespace_);
	to->created = from->created;
	to->selector = weft_public_selector(w, from->selector);
	show_kubernetes__service_port_list(w, &from->ports, &to->ports);
}

const struct sidecar_service *sidecar_services_get(struct sidecar *program,
		struct weft_text namespace_, struct weft_text name)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct kubernetes__service stored;
	const char *why = NULL;
	if (!take_sidecar__services_key(w, namespace_, name, &stored, &why))
		return NULL;
	const struct kubernetes__service *found =
			(const struct kubernetes__service *)weft_table_get(weft_engine_table(program->head.engine, TABLE_SERVICES), WEFT_NEW, &stored);
	struct sidecar_service *row = found != NULL
			? (struct sidecar_service *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_kubernetes__service(w, found, row);
	return row;
}

size_t sidecar_services_list(struct sidecar *program, const struct sidecar_service **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_SERVICES);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct sidecar_service *row =
			(struct sidecar_service *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_kubernetes__service(w, (const struct kubernetes__service *)from,
				&row[count++]);
	*rows = row;
	return count;
}

static void sidecar_services_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	sidecar_services_watch_fn *call = (sidecar_services_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct sidecar_service before, after;
		if (changes[i].before != NULL)
			show_kubernetes__service(w,
					(const struct kubernetes__service *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_kubernetes__service(w,
					(const struct kubernetes__service *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct sidecar *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status sidecar_services_watch(struct sidecar *program, sidecar_services_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_SERVICES,
			sidecar_services_changed, (weft_embed_fn *)call);
}

void sidecar_services_unwatch(struct sidecar *program, sidecar_services_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_SERVICES,
			(weft_embed_fn *)call);
}

static bool take_sidecar__policies_key(struct weft_scope *w, struct weft_text namespace_,
		struct weft_text name, struct istio__authorization_policy *to, const char **why)
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

static bool take_istio__target_reference(struct weft_scope *w,
		const struct sidecar_target_reference *from, struct istio__target_reference *to,
		const char **why)
{
	(void)w;
	(void)why;
	(void)from;
	(void)to;
	return true;
}

static bool take_istio__target_reference_list(struct weft_scope *w,
		const struct sidecar_target_reference_list *from, weft_id *to, const char **why)
{
	struct istio__target_reference *items = (struct istio__target_reference *)weft_embed_room(w,
			from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!take_istio__target_reference(w, &from->items[i], &items[i], why))
			return false;
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &istio__target_reference_type, list);
	return w->status == WEFT_OK;
}

static bool take_istio__target_reference_option(struct weft_scope *w,
		const struct sidecar_target_reference_option *from,
		struct istio__target_reference_option *to, const char **why)
{
	to->has = from->has;
	if (from->has) {
		if (!take_istio__target_reference(w, &from->value, &to->value, why))
			return false;
	}
	return true;
}

static bool take_string_list(struct weft_scope *w, const struct sidecar_string_list *from,
		weft_id *to, const char **why)
{
	weft_id *items = (weft_id *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!weft_take_text(w, from->items[i], &items[i])) {
			*why = "an item: not UTF-8";
			return false;
		}
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &weft_type_string, list);
	return w->status == WEFT_OK;
}

static bool take_cidr_list(struct weft_scope *w, const struct sidecar_cidr_list *from, weft_id *to,
		const char **why)
{
	struct weft_cidr *items =
			(struct weft_cidr *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (from->items[i].bits > 128) {
			*why = "an item: more than 128 bits";
			return false;
		}
		items[i] = from->items[i];
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &weft_type_cidr, list);
	return w->status == WEFT_OK;
}

static bool take_istio__source(struct weft_scope *w, const struct sidecar_source *from,
		struct istio__source *to, const char **why)
{
	if (!take_string_list(w, &from->principals, &to->principals, why))
		return false;
	if (!take_string_list(w, &from->not_principals, &to->not_principals, why))
		return false;
	if (!take_string_list(w, &from->namespaces, &to->namespaces, why))
		return false;
	if (!take_string_list(w, &from->not_namespaces, &to->not_namespaces, why))
		return false;
	if (!take_cidr_list(w, &from->ip_blocks, &to->ip_blocks, why))
		return false;
	if (!take_cidr_list(w, &from->not_ip_blocks, &to->not_ip_blocks, why))
		return false;
	if (!take_string_list(w, &from->other, &to->other, why))
		return false;
	return true;
}

static bool take_istio__from(struct weft_scope *w, const struct sidecar_from *from,
		struct istio__from *to, const char **why)
{
	if (!take_istio__source(w, &from->source, &to->source, why))
		return false;
	return true;
}

static bool take_istio__from_list(struct weft_scope *w, const struct sidecar_from_list *from,
		weft_id *to, const char **why)
{
	struct istio__from *items =
			(struct istio__from *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!take_istio__from(w, &from->items[i], &items[i], why))
			return false;
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &istio__from_type, list);
	return w->status == WEFT_OK;
}

static bool take_port_list(struct weft_scope *w, const struct sidecar_port_list *from, weft_id *to,
		const char **why)
{
	(void)why;
	uint16_t *items = (uint16_t *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		items[i] = from->items[i];
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &weft_type_port, list);
	return w->status == WEFT_OK;
}

static bool take_istio__operation(struct weft_scope *w, const struct sidecar_operation *from,
		struct istio__operation *to, const char **why)
{
	if (!take_port_list(w, &from->ports, &to->ports, why))
		return false;
	if (!take_port_list(w, &from->not_ports, &to->not_ports, why))
		return false;
	if (!take_string_list(w, &from->other, &to->other, why))
		return false;
	return true;
}

static bool take_istio__to(struct weft_scope *w, const struct sidecar_to *from,
		struct istio__to *to, const char **why)
{
	if (!take_istio__operation(w, &from->operation, &to->operation, why))
		return false;
	return true;
}

static bool take_istio__to_list(struct weft_scope *w, const struct sidecar_to_list *from,
		weft_id *to, const char **why)
{
	struct istio__to *items =
			(struct istio__to *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!take_istio__to(w, &from->items[i], &items[i], why))
			return false;
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &istio__to_type, list);
	return w->status == WEFT_OK;
}

static bool take_istio__when(struct weft_scope *w, const struct sidecar_when *from,
		struct istio__when *to, const char **why)
{
	if (!weft_take_text(w, from->key, &to->key)) {
		*why = "key: not UTF-8";
		return false;
	}
	if (!take_string_list(w, &from->values, &to->values, why))
		return false;
	if (!take_string_list(w, &from->not_values, &to->not_values, why))
		return false;
	if (!take_string_list(w, &from->other, &to->other, why))
		return false;
	return true;
}

static bool take_istio__when_list(struct weft_scope *w, const struct sidecar_when_list *from,
		weft_id *to, const char **why)
{
	struct istio__when *items =
			(struct istio__when *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!take_istio__when(w, &from->items[i], &items[i], why))
			return false;
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &istio__when_type, list);
	return w->status == WEFT_OK;
}

static bool take_istio__rule(struct weft_scope *w, const struct sidecar_rule *from,
		struct istio__rule *to, const char **why)
{
	if (!take_istio__from_list(w, &from->from, &to->from, why))
		return false;
	if (!take_istio__to_list(w, &from->to, &to->to, why))
		return false;
	if (!take_istio__when_list(w, &from->when, &to->when, why))
		return false;
	if (!take_string_list(w, &from->other, &to->other, why))
		return false;
	return true;
}

static bool take_istio__rule_list(struct weft_scope *w, const struct sidecar_rule_list *from,
		weft_id *to, const char **why)
{
	struct istio__rule *items =
			(struct istio__rule *)weft_embed_room(w, from->count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < from->count; i++) {
		if (!take_istio__rule(w, &from->items[i], &items[i], why))
			return false;
	}
	struct weft_list list = { items, from->count };
	if (items != NULL)
		*to = weft_keep_list(w, &istio__rule_type, list);
	return w->status == WEFT_OK;
}

static bool take_istio__rules(struct weft_scope *w, const struct sidecar_rules *from,
		struct istio__rules *to, const char **why)
{
	if ((uint32_t)from->action >= 4) {
		*why = "action: no such variant";
		return false;
	}
	to->action = (uint32_t)from->action;
	if (!take_istio__rule_list(w, &from->rules, &to->rules, why))
		return false;
	return true;
}

static bool take_istio__authorization_policy(struct weft_scope *w,
		const struct sidecar_authorization_policy *from,
		struct istio__authorization_policy *to, const char **why)
{
	if (!weft_take_text(w, from->name, &to->name)) {
		*why = "name: not UTF-8";
		return false;
	}
	if (!weft_take_text(w, from->namespace_, &to->namespace_)) {
		*why = "namespace: not UTF-8";
		return false;
	}
	if ((uint32_t)from->action >= 4) {
		*why = "action: no such variant";
		return false;
	}
	to->action = (uint32_t)from->action;
	if (!take_istio__target_reference_list(w, &from->target_refs, &to->target_refs, why))
		return false;
	if (!take_istio__target_reference_option(w, &from->target_ref, &to->target_ref, why))
		return false;
	if (!weft_take_selector(w, from->selector, &to->selector)) {
		*why = "selector: not a selector: an unknown operator, or In without values";
		return false;
	}
	if (!take_istio__rules(w, &from->rules, &to->rules, why))
		return false;
	return true;
}

enum weft_status sidecar_policies_put(struct sidecar *program,
		const struct sidecar_authorization_policy *row, const char **why)
{
	struct weft_scope scope, *w = &scope;
	struct istio__authorization_policy stored;
	const char *reason = "no memory";
	memset(&stored, 0, sizeof(stored));
	weft_embed_taking(w, &program->head);
	enum weft_status status = take_istio__authorization_policy(w, row, &stored, &reason)
			? w->status : w->status != WEFT_OK ? w->status : WEFT_INVALID;
	if (status == WEFT_OK)
		status = weft_embed_put(&program->head, &program->embed, TABLE_POLICIES, &stored);
	else if (why != NULL)
		*why = reason;
	(void)weft_scope_end(w);
	return status;
}

enum weft_status sidecar_policies_delete(struct sidecar *program, struct weft_text namespace_,
		struct weft_text name)
{
	struct weft_scope scope, *w = &scope;
	struct istio__authorization_policy stored;
	const char *why = NULL;
	weft_embed_taking(w, &program->head);
	enum weft_status status = WEFT_INVALID;
	if (take_sidecar__policies_key(w, namespace_, name, &stored, &why))
		status = weft_embed_delete(&program->head, &program->embed, TABLE_POLICIES,
				&stored);
	(void)weft_scope_end(w);
	return status;
}

enum weft_status sidecar_policies_synced(struct sidecar *program)
{
	return weft_embed_synced(&program->head, &program->embed, TABLE_POLICIES);
}

static void show_istio__target_reference(struct weft_scope *w,
		const struct istio__target_reference *from, struct sidecar_target_reference *to)
{
	(void)w;
	(void)from;
	(void)to;
}

static void show_istio__target_reference_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_target_reference_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct sidecar_target_reference *items =
			(struct sidecar_target_reference *)weft_embed_room(w,
			list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct istio__target_reference *stored =
				(const struct istio__target_reference *)list.items + i;
		show_istio__target_reference(w, &(*stored), &items[i]);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_istio__target_reference_option(struct weft_scope *w,
		const struct istio__target_reference_option *from,
		struct sidecar_target_reference_option *to)
{
	to->has = from->has;
	show_istio__target_reference(w, &from->value, &to->value);
}

static void show_string_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_string_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct weft_text *items =
			(struct weft_text *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const weft_id *stored = (const weft_id *)list.items + i;
		items[i] = weft_text_of(w->intern, (*stored));
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_cidr_list(struct weft_scope *w, const weft_id *from, struct sidecar_cidr_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct weft_cidr *items =
			(struct weft_cidr *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct weft_cidr *stored = (const struct weft_cidr *)list.items + i;
		items[i] = (*stored);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_istio__source(struct weft_scope *w, const struct istio__source *from,
		struct sidecar_source *to)
{
	show_string_list(w, &from->principals, &to->principals);
	show_string_list(w, &from->not_principals, &to->not_principals);
	show_string_list(w, &from->namespaces, &to->namespaces);
	show_string_list(w, &from->not_namespaces, &to->not_namespaces);
	show_cidr_list(w, &from->ip_blocks, &to->ip_blocks);
	show_cidr_list(w, &from->not_ip_blocks, &to->not_ip_blocks);
	show_string_list(w, &from->other, &to->other);
}

static void show_istio__from(struct weft_scope *w, const struct istio__from *from,
		struct sidecar_from *to)
{
	show_istio__source(w, &from->source, &to->source);
}

static void show_istio__from_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_from_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct sidecar_from *items =
			(struct sidecar_from *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct istio__from *stored = (const struct istio__from *)list.items + i;
		show_istio__from(w, &(*stored), &items[i]);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_port_list(struct weft_scope *w, const weft_id *from, struct sidecar_port_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	uint16_t *items = (uint16_t *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const uint16_t *stored = (const uint16_t *)list.items + i;
		items[i] = (*stored);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_istio__operation(struct weft_scope *w, const struct istio__operation *from,
		struct sidecar_operation *to)
{
	show_port_list(w, &from->ports, &to->ports);
	show_port_list(w, &from->not_ports, &to->not_ports);
	show_string_list(w, &from->other, &to->other);
}

static void show_istio__to(struct weft_scope *w, const struct istio__to *from,
		struct sidecar_to *to)
{
	show_istio__operation(w, &from->operation, &to->operation);
}

static void show_istio__to_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_to_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct sidecar_to *items =
			(struct sidecar_to *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct istio__to *stored = (const struct istio__to *)list.items + i;
		show_istio__to(w, &(*stored), &items[i]);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_istio__when(struct weft_scope *w, const struct istio__when *from,
		struct sidecar_when *to)
{
	to->key = weft_text_of(w->intern, from->key);
	show_string_list(w, &from->values, &to->values);
	show_string_list(w, &from->not_values, &to->not_values);
	show_string_list(w, &from->other, &to->other);
}

static void show_istio__when_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_when_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct sidecar_when *items =
			(struct sidecar_when *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct istio__when *stored = (const struct istio__when *)list.items + i;
		show_istio__when(w, &(*stored), &items[i]);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_istio__rule(struct weft_scope *w, const struct istio__rule *from,
		struct sidecar_rule *to)
{
	show_istio__from_list(w, &from->from, &to->from);
	show_istio__to_list(w, &from->to, &to->to);
	show_istio__when_list(w, &from->when, &to->when);
	show_string_list(w, &from->other, &to->other);
}

static void show_istio__rule_list(struct weft_scope *w, const weft_id *from,
		struct sidecar_rule_list *to)
{
	struct weft_list list = weft_list_of(w->intern, *from);
	struct sidecar_rule *items =
			(struct sidecar_rule *)weft_embed_room(w, list.count * sizeof(*items));
	for (size_t i = 0; items != NULL && i < list.count; i++) {
		const struct istio__rule *stored = (const struct istio__rule *)list.items + i;
		show_istio__rule(w, &(*stored), &items[i]);
	}
	to->items = items;
	to->count = items != NULL ? list.count : 0;
}

static void show_istio__rules(struct weft_scope *w, const struct istio__rules *from,
		struct sidecar_rules *to)
{
	to->action = (enum sidecar_action)from->action;
	show_istio__rule_list(w, &from->rules, &to->rules);
}

static void show_istio__authorization_policy(struct weft_scope *w,
		const struct istio__authorization_policy *from,
		struct sidecar_authorization_policy *to)
{
	to->name = weft_text_of(w->intern, from->name);
	to->namespace_ = weft_text_of(w->intern, from->namespace_);
	to->action = (enum sidecar_action)from->action;
	show_istio__target_reference_list(w, &from->target_refs, &to->target_refs);
	show_istio__target_reference_option(w, &from->target_ref, &to->target_ref);
	to->selector = weft_public_selector(w, from->selector);
	show_istio__rules(w, &from->rules, &to->rules);
}

const struct sidecar_authorization_policy *sidecar_policies_get(struct sidecar *program,
		struct weft_text namespace_, struct weft_text name)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct istio__authorization_policy stored;
	const char *why = NULL;
	if (!take_sidecar__policies_key(w, namespace_, name, &stored, &why))
		return NULL;
	const struct istio__authorization_policy *found =
			(const struct istio__authorization_policy *)weft_table_get(weft_engine_table(program->head.engine, TABLE_POLICIES), WEFT_NEW, &stored);
	struct sidecar_authorization_policy *row = found != NULL
			? (struct sidecar_authorization_policy *)weft_embed_room(w, sizeof(*row))
			: NULL;
	if (row != NULL)
		show_istio__authorization_policy(w, found, row);
	return row;
}

size_t sidecar_policies_list(struct sidecar *program,
		const struct sidecar_authorization_policy **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_POLICIES);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct sidecar_authorization_policy *row =
			(struct sidecar_authorization_policy *)weft_embed_room(w,
			room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_istio__authorization_policy(w,
				(const struct istio__authorization_policy *)from, &row[count++]);
	*rows = row;
	return count;
}

static void sidecar_policies_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	sidecar_policies_watch_fn *call = (sidecar_policies_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct sidecar_authorization_policy before, after;
		if (changes[i].before != NULL)
			show_istio__authorization_policy(w,
					(const struct istio__authorization_policy *)changes[i].before, &before);
		if (changes[i].after != NULL)
			show_istio__authorization_policy(w,
					(const struct istio__authorization_policy *)changes[i].after, &after);
		call(((struct weft_program_head *)program)->user, (struct sidecar *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status sidecar_policies_watch(struct sidecar *program, sidecar_policies_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_POLICIES,
			sidecar_policies_changed, (weft_embed_fn *)call);
}

void sidecar_policies_unwatch(struct sidecar *program, sidecar_policies_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_POLICIES,
			(weft_embed_fn *)call);
}

static bool take_sidecar__inbound_key(struct weft_scope *w, struct sidecar__inbound_state *to,
		const char **why)
{
	memset(to, 0, sizeof(*to));
	(void)w;
	(void)why;
	return true;
}

static void show_prelude__state(struct weft_scope *w, const struct prelude__state *from,
		struct sidecar_state *to)
{
	memset(to, 0, sizeof(*to));
	to->tag = (enum sidecar_state_tag)from->tag;
	if (from->tag == PRELUDE__STATE_PENDING) {
		to->as.pending.item0 = weft_text_of(w->intern, from->as.pending.item0);
	} else if (from->tag == PRELUDE__STATE_FAILED) {
		to->as.failed.item0 = weft_text_of(w->intern, from->as.failed.item0);
	}
}

static void show_sidecar__inbound_state(struct weft_scope *w,
		const struct sidecar__inbound_state *from, struct sidecar_inbound *to)
{
	show_prelude__state(w, &from->state, &to->state);
}

const struct sidecar_inbound *sidecar_inbound_get(struct sidecar *program)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct sidecar__inbound_state stored;
	const char *why = NULL;
	if (!take_sidecar__inbound_key(w, &stored, &why))
		return NULL;
	const struct sidecar__inbound_state *found =
			(const struct sidecar__inbound_state *)weft_table_get(weft_engine_table(program->head.engine, TABLE_INBOUND), WEFT_NEW, &stored);
	struct sidecar_inbound *row = found != NULL
			? (struct sidecar_inbound *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_sidecar__inbound_state(w, found, row);
	return row;
}

size_t sidecar_inbound_list(struct sidecar *program, const struct sidecar_inbound **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_INBOUND);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct sidecar_inbound *row =
			(struct sidecar_inbound *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_sidecar__inbound_state(w, (const struct sidecar__inbound_state *)from,
				&row[count++]);
	*rows = row;
	return count;
}

static void sidecar_inbound_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	sidecar_inbound_watch_fn *call = (sidecar_inbound_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct sidecar_inbound before, after;
		if (changes[i].before != NULL)
			show_sidecar__inbound_state(w,
					(const struct sidecar__inbound_state *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_sidecar__inbound_state(w,
					(const struct sidecar__inbound_state *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct sidecar *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status sidecar_inbound_watch(struct sidecar *program, sidecar_inbound_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_INBOUND,
			sidecar_inbound_changed, (weft_embed_fn *)call);
}

void sidecar_inbound_unwatch(struct sidecar *program, sidecar_inbound_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_INBOUND,
			(weft_embed_fn *)call);
}

static bool take_sidecar__served_key(struct weft_scope *w, uint16_t target,
		struct sidecar__served *to, const char **why)
{
	memset(to, 0, sizeof(*to));
	(void)w;
	(void)why;
	to->target = target;
	return true;
}

static void show_sidecar__services_ref(struct weft_scope *w,
		const struct sidecar__services_ref *from, struct sidecar_services_ref *to)
{
	to->namespace_ = weft_text_of(w->intern, from->namespace_);
	to->name = weft_text_of(w->intern, from->name);
}

static void show_sidecar__served(struct weft_scope *w, const struct sidecar__served *from,
		struct sidecar_served *to)
{
	to->target = from->target;
	show_sidecar__services_ref(w, &from->service, &to->service);
}

const struct sidecar_served *sidecar_served_get(struct sidecar *program, uint16_t target)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct sidecar__served stored;
	const char *why = NULL;
	if (!take_sidecar__served_key(w, target, &stored, &why))
		return NULL;
	const struct sidecar__served *found =
			(const struct sidecar__served *)weft_table_get(weft_engine_table(program->head.engine, TABLE_SERVED), WEFT_NEW, &stored);
	struct sidecar_served *row = found != NULL
			? (struct sidecar_served *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_sidecar__served(w, found, row);
	return row;
}

size_t sidecar_served_list(struct sidecar *program, const struct sidecar_served **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_SERVED);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct sidecar_served *row =
			(struct sidecar_served *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_sidecar__served(w, (const struct sidecar__served *)from, &row[count++]);
	*rows = row;
	return count;
}

static void sidecar_served_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	sidecar_served_watch_fn *call = (sidecar_served_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct sidecar_served before, after;
		if (changes[i].before != NULL)
			show_sidecar__served(w, (const struct sidecar__served *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_sidecar__served(w, (const struct sidecar__served *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct sidecar *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status sidecar_served_watch(struct sidecar *program, sidecar_served_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_SERVED,
			sidecar_served_changed, (weft_embed_fn *)call);
}

void sidecar_served_unwatch(struct sidecar *program, sidecar_served_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_SERVED,
			(weft_embed_fn *)call);
}

static bool take_sidecar__policies_ref(struct weft_scope *w,
		const struct sidecar_policies_ref *from, struct sidecar__policies_ref *to,
		const char **why)
{
	if (!weft_take_text(w, from->namespace_, &to->namespace_)) {
		*why = "namespace_: not UTF-8";
		return false;
	}
	if (!weft_take_text(w, from->name, &to->name)) {
		*why = "name: not UTF-8";
		return false;
	}
	return true;
}

static bool take_sidecar__guards_key(struct weft_scope *w, enum sidecar_action action,
		struct sidecar_policies_ref policy, struct sidecar__guards *to, const char **why)
{
	memset(to, 0, sizeof(*to));
	if ((uint32_t)action >= 4) {
		*why = "action: no such variant";
		return false;
	}
	to->action = (uint32_t)action;
	if (!take_sidecar__policies_ref(w, &policy, &to->policy, why))
		return false;
	return true;
}

static void show_sidecar__policies_ref(struct weft_scope *w,
		const struct sidecar__policies_ref *from, struct sidecar_policies_ref *to)
{
	to->namespace_ = weft_text_of(w->intern, from->namespace_);
	to->name = weft_text_of(w->intern, from->name);
}

static void show_sidecar__guards(struct weft_scope *w, const struct sidecar__guards *from,
		struct sidecar_guards *to)
{
	to->action = (enum sidecar_action)from->action;
	show_sidecar__policies_ref(w, &from->policy, &to->policy);
	show_istio__rules(w, &from->rules, &to->rules);
}

const struct sidecar_guards *sidecar_guards_get(struct sidecar *program, enum sidecar_action action,
		struct sidecar_policies_ref policy)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	struct sidecar__guards stored;
	const char *why = NULL;
	if (!take_sidecar__guards_key(w, action, policy, &stored, &why))
		return NULL;
	const struct sidecar__guards *found =
			(const struct sidecar__guards *)weft_table_get(weft_engine_table(program->head.engine, TABLE_GUARDS), WEFT_NEW, &stored);
	struct sidecar_guards *row = found != NULL
			? (struct sidecar_guards *)weft_embed_room(w, sizeof(*row)) : NULL;
	if (row != NULL)
		show_sidecar__guards(w, found, row);
	return row;
}

size_t sidecar_guards_list(struct sidecar *program, const struct sidecar_guards **rows)
{
	struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);
	const struct weft_table *table = weft_engine_table(program->head.engine, TABLE_GUARDS);
	size_t room = weft_table_count(table, WEFT_NEW), count = 0;
	struct sidecar_guards *row =
			(struct sidecar_guards *)weft_embed_room(w, room * sizeof(*row));
	struct weft_cursor at;
	const void *from = weft_table_first(&at, table, WEFT_NEW);
	for (; row != NULL && from != NULL && count < room; from = weft_cursor_next(&at))
		show_sidecar__guards(w, (const struct sidecar__guards *)from, &row[count++]);
	*rows = row;
	return count;
}

static void sidecar_guards_changed(void *watch, const struct weft_table *table,
		const struct weft_change *changes, size_t count)
{
	void *program;
	struct weft_scope *w = weft_embed_enter(watch, &program);
	sidecar_guards_watch_fn *call = (sidecar_guards_watch_fn *)weft_embed_callback(watch);
	(void)table;
	for (size_t i = 0; i < count; i++) {
		struct sidecar_guards before, after;
		if (changes[i].before != NULL)
			show_sidecar__guards(w, (const struct sidecar__guards *)changes[i].before,
					&before);
		if (changes[i].after != NULL)
			show_sidecar__guards(w, (const struct sidecar__guards *)changes[i].after,
					&after);
		call(((struct weft_program_head *)program)->user, (struct sidecar *)program,
				changes[i].before != NULL ? &before : NULL,
				changes[i].after != NULL ? &after : NULL);
	}
	weft_embed_leave(watch);
}

enum weft_status sidecar_guards_watch(struct sidecar *program, sidecar_guards_watch_fn *call)
{
	return weft_embed_add_watch(&program->head, &program->embed, TABLE_GUARDS,
			sidecar_guards_changed, (weft_embed_fn *)call);
}

void sidecar_guards_unwatch(struct sidecar *program, sidecar_guards_watch_fn *call)
{
	weft_embed_remove_watch(&program->head, &program->embed, TABLE_GUARDS,
			(weft_embed_fn *)call);
}

enum weft_status sidecar_inbound_adopt(struct sidecar *program, int descriptor)
{
	return weft_adopt(program, 0, NULL, descriptor);
}

enum weft_status sidecar_inbound_dial(struct sidecar *program, struct weft_addr to,
		struct weft_stream **stream)
{
	return weft_dial(program, 0, NULL, to, stream);
}
