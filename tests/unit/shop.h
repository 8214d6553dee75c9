/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * shop.h: a program_info written by hand, as the compiler writes it for
 *
 *   param namespace: String = env("SHOP_NAMESPACE") else "default"
 *   param limit: Port?
 *   collection services[namespace, name]: Service from kubernetes
 *   collection accounts[namespace, name]: Account from kubernetes where name != "default"
 */
#ifndef TESTS_SHOP_H
#define TESTS_SHOP_H

#include <weft/abi.h>

struct shop {
	struct weft_program_head head;
	struct {
		weft_id namespace;
		struct weft_opt_port limit;
	} params;
};

/* ---- record Service, as in stdlib/kubernetes.weft ---- */
struct shop_port {
	weft_id name;
	uint16_t port;
	struct weft_opt_port target;
	struct {
		uint32_t tag;
		weft_id unknown;
	} protocol;
};
struct shop_service {
	weft_id namespace, name, labels;
	weft_id ports;
	struct weft_selector selector;
	struct weft_opt_int created;
};
struct shop_rejected {
	weft_id namespace, name, reason, place;
};
struct shop_account {
	weft_id namespace, name;
};

static enum weft_status shop_default_namespace(
	const void *program, struct weft_intern *in, const void *row, void *value)
{
	(void)program, (void)row;
	return weft_intern_put_text(in, WEFT_TEXT("default"), value);
}
static enum weft_status shop_selects_nothing(
	const void *program, struct weft_intern *in, const void *row, void *value)
{
	(void)program, (void)in, (void)row;
	((struct weft_selector *)value)->kind = WEFT_SELECTOR_NOTHING;
	return WEFT_OK;
}
static enum weft_status shop_tcp(
	const void *program, struct weft_intern *in, const void *row, void *value)
{
	(void)program, (void)in, (void)row, (void)value; /* variant 0 */
	return WEFT_OK;
}
static enum weft_status shop_no_name(
	const void *program, struct weft_intern *in, const void *row, void *value)
{
	(void)program, (void)in, (void)row, (void)value; /* "" */
	return WEFT_OK;
}
static enum weft_status shop_same_port(
	const void *program, struct weft_intern *in, const void *row, void *value)
{
	(void)program, (void)in;
	*(struct weft_opt_port *)value =
		(struct weft_opt_port){ true, ((const struct shop_port *)row)->port };
	return WEFT_OK;
}

static const struct weft_type shop_opt_port = { .name = "Port?",
	.kind = WEFT_KIND_OPTION,
	.align = 2,
	.size = sizeof(struct weft_opt_port),
	.offset = offsetof(struct weft_opt_port, value),
	.item = &weft_type_port };
static const struct weft_type shop_opt_instant = { .name = "Instant?",
	.kind = WEFT_KIND_OPTION,
	.align = 8,
	.size = sizeof(struct weft_opt_int),
	.offset = offsetof(struct weft_opt_int, value),
	.item = &weft_type_instant };
static const struct weft_field shop_unknown_fields[] = { { .name = "0",
	.type = &weft_type_string } };
static const struct weft_type shop_unknown = { .name = "Unknown",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = 4,
	.fields = shop_unknown_fields,
	.field_count = 1 };
static const struct weft_variant shop_protocols[] = { { "Tcp", "TCP", NULL },
	{ "Udp", "UDP", NULL }, { "Unknown", NULL, &shop_unknown } };
static const struct weft_type shop_protocol = { .name = "Protocol",
	.kind = WEFT_KIND_ENUM,
	.align = 4,
	.open = true,
	.has_ids = true,
	.size = 8,
	.offset = 4,
	.variants = shop_protocols,
	.variant_count = 3 };
static const struct weft_field shop_port_fields[] = {
	{ .name = "name",
		.offset = offsetof(struct shop_port, name),
		.type = &weft_type_string,
		.absent = shop_no_name },
	{ .name = "port", .offset = offsetof(struct shop_port, port), .type = &weft_type_port },
	{ .name = "target_port",
		.offset = offsetof(struct shop_port, target),
		.type = &shop_opt_port,
		.path = "targetPort",
		.absent = shop_same_port },
	{ .name = "protocol",
		.offset = offsetof(struct shop_port, protocol),
		.type = &shop_protocol,
		.absent = shop_tcp },
};
static const struct weft_type shop_port_type = { .name = "ServicePort",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct shop_port),
	.fields = shop_port_fields,
	.field_count = 4 };
static const struct weft_type shop_ports_type = { .name = "[ServicePort]",
	.kind = WEFT_KIND_LIST,
	.align = 4,
	.has_ids = true,
	.size = 4,
	.item = &shop_port_type,
	.item_key = "name" };
static const struct weft_field shop_service_fields[] = {
	{ .name = "namespace",
		.offset = offsetof(struct shop_service, namespace),
		.type = &weft_type_string,
		.path = "metadata.namespace",
		.absent = shop_default_namespace },
	{ .name = "name",
		.offset = offsetof(struct shop_service, name),
		.type = &weft_type_string,
		.path = "metadata.name" },
	{ .name = "labels",
		.offset = offsetof(struct shop_service, labels),
		.type = &weft_type_labels,
		.path = "metadata.labels" },
	{ .name = "ports",
		.offset = offsetof(struct shop_service, ports),
		.type = &shop_ports_type,
		.path = "spec.ports" },
	{ .name = "selector",
		.offset = offsetof(struct shop_service, selector),
		.type = &weft_type_selector,
		.path = "spec.selector",
		.absent = shop_selects_nothing },
	{ .name = "created",
		.offset = offsetof(struct shop_service, created),
		.type = &shop_opt_instant,
		.path = "metadata.creationTimestamp" },
};
static const struct weft_type shop_service_type = { .name = "Service",
	.kind = WEFT_KIND_RECORD,
	.align = 8,
	.has_ids = true,
	.size = sizeof(struct shop_service),
	.fields = shop_service_fields,
	.field_count = 6 };
static const struct weft_field shop_account_fields[] = {
	{ .name = "namespace",
		.offset = offsetof(struct shop_account, namespace),
		.type = &weft_type_string,
		.path = "metadata.namespace",
		.absent = shop_default_namespace },
	{ .name = "name",
		.offset = offsetof(struct shop_account, name),
		.type = &weft_type_string,
		.path = "metadata.name" },
};
static const struct weft_type shop_account_type = { .name = "Account",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct shop_account),
	.fields = shop_account_fields,
	.field_count = 2 };
static const struct weft_field shop_rejected_fields[] = {
	{ .name = "namespace",
		.offset = offsetof(struct shop_rejected, namespace),
		.type = &weft_type_string },
	{ .name = "name",
		.offset = offsetof(struct shop_rejected, name),
		.type = &weft_type_string },
	{ .name = "reason",
		.offset = offsetof(struct shop_rejected, reason),
		.type = &weft_type_string },
	{ .name = "place",
		.offset = offsetof(struct shop_rejected, place),
		.type = &weft_type_string },
};
static const struct weft_type shop_rejected_type = { .name = "rejected",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct shop_rejected),
	.fields = shop_rejected_fields,
	.field_count = 4 };

static const uint16_t shop_key[] = { 0, 1 }, shop_rejected_key[] = { 0, 1, 3 },
		      shop_all[] = { 0, 1, 2, 3, 4, 5 };
enum {
	SHOP_SERVICES,
	SHOP_SERVICES_REJECTED,
	SHOP_SERVICES_CONFLICTS,
	SHOP_ACCOUNTS,
	SHOP_ACCOUNTS_REJECTED,
	SHOP_TABLES
};
static const struct weft_table_info shop_tables[] = {
	{ .name = "services",
		.row = &shop_service_type,
		.key = shop_key,
		.key_count = 2,
		.is_input = true },
	{ .name = "rejected(services)",
		.row = &shop_rejected_type,
		.key = shop_rejected_key,
		.key_count = 3,
		.is_input = true },
	{ .name = "conflicts(services)",
		.row = &shop_service_type,
		.key = shop_all,
		.key_count = 6,
		.is_input = true },
	{ .name = "accounts",
		.row = &shop_account_type,
		.key = shop_key,
		.key_count = 2,
		.is_input = true },
	{ .name = "rejected(accounts)",
		.row = &shop_rejected_type,
		.key = shop_rejected_key,
		.key_count = 3,
		.is_input = true },
};
static const struct weft_engine_info shop_engine = { .tables = shop_tables,
	.table_count = SHOP_TABLES };

static bool shop_keep(const void *program, const struct weft_intern *in, const void *row)
{
	(void)program;
	return !weft_text_equal(
		weft_text_of(in, ((const struct shop_account *)row)->name), WEFT_TEXT("default"));
}
static const struct weft_source_info shop_sources[] = {
	{ .table = SHOP_SERVICES,
		.rejected = SHOP_SERVICES_REJECTED,
		.conflicts = SHOP_SERVICES_CONFLICTS,
		.kind = WEFT_SOURCE_KUBERNETES,
		.origin = "v1/Service",
		.place = "shop.weft:3" },
	{ .table = SHOP_ACCOUNTS,
		.rejected = SHOP_ACCOUNTS_REJECTED,
		.conflicts = WEFT_NONE,
		.kind = WEFT_SOURCE_KUBERNETES,
		.origin = "v1/ServiceAccount",
		.keep = shop_keep,
		.place = "shop.weft:4" },
};
static const struct weft_param_info shop_params[] = {
	{ .name = "namespace",
		.type = &weft_type_string,
		.offset = offsetof(struct shop, params.namespace) - offsetof(struct shop, params),
		.env = "SHOP_NAMESPACE",
		.absent = shop_default_namespace,
		.place = "shop.weft:1" },
	{ .name = "limit",
		.type = &shop_opt_port,
		.offset = offsetof(struct shop, params.limit) - offsetof(struct shop, params),
		.absent = shop_no_name,
		.place = "shop.weft:2" },
};
static const struct weft_program_info shop_info = { .abi_version = WEFT_ABI_VERSION,
	.name = "shop",
	.source = "shop.weft",
	.size = sizeof(struct shop),
	.params_offset = offsetof(struct shop, params),
	.params = shop_params,
	.param_count = 2,
	.engine = &shop_engine,
	.sources = shop_sources,
	.source_count = 2 };

#endif
