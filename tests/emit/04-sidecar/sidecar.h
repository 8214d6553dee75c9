/* The embedding API of main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#ifndef SIDECAR_H
#define SIDECAR_H

#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An instance of the program: calls come from the thread that turns it, unless it is said otherwise. */
struct sidecar;

extern const struct weft_program_info sidecar_program;

/* `options` may be NULL. On failure `error`, if not NULL, gets a text to free(). */
enum weft_status sidecar_create(const struct weft_options *options, struct sidecar **program,
		char **error);
void sidecar_destroy(struct sidecar *program);
/* Turns until it has drained. */
enum weft_status sidecar_run(struct sidecar *program);
/* One turn, for a loop of your own: when the descriptor is readable. Waits at most `timeout_ms`; WEFT_END: it has drained. */
enum weft_status sidecar_turn(struct sidecar *program, int timeout_ms);
int sidecar_descriptor(const struct sidecar *program);
/* Begins to drain. Like _post: from any thread. */
void sidecar_stop(struct sidecar *program);
/* Calls `call(argument)` in the instance's thread, at its next turn. */
enum weft_status sidecar_post(struct sidecar *program, void (*call)(void *argument),
		void *argument);

/* What is put between begin and commit arrives as one transaction; a put outside is one of its own. */
enum weft_status sidecar_begin(struct sidecar *program);
enum weft_status sidecar_commit(struct sidecar *program);
void sidecar_rollback(struct sidecar *program);

enum sidecar_protocol_tag {
	SIDECAR_PROTOCOL_TCP,
	SIDECAR_PROTOCOL_UDP,
	SIDECAR_PROTOCOL_SCTP,
	SIDECAR_PROTOCOL_UNKNOWN,
};
struct sidecar_protocol {
	enum sidecar_protocol_tag tag;
	union {
		struct {
			struct weft_text item0;
		} unknown;
	} as;
};

struct sidecar_service_port {
	uint16_t port;
	struct sidecar_protocol protocol;
	struct weft_opt_port target_port;
};

struct sidecar_service_port_list {
	const struct sidecar_service_port *items;
	size_t count;
};

struct sidecar_service {
	struct weft_text name;
	struct weft_text namespace_;
	struct weft_opt_int created;
	struct weft_label_selector selector;
	struct sidecar_service_port_list ports;
};

/* ---- services ---- */
/* WEFT_INVALID: `why`, if not NULL, gets the reason. Inside of a watcher: in the next transaction. */
enum weft_status sidecar_services_put(struct sidecar *program, const struct sidecar_service *row,
		const char **why);
enum weft_status sidecar_services_delete(struct sidecar *program, struct weft_text namespace_,
		struct weft_text name);
/* All rows that there are now have been put: what waits for them may begin. */
enum weft_status sidecar_services_synced(struct sidecar *program);
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct sidecar_service *sidecar_services_get(struct sidecar *program,
		struct weft_text namespace_, struct weft_text name);
size_t sidecar_services_list(struct sidecar *program, const struct sidecar_service **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void sidecar_services_watch_fn(void *user, struct sidecar *program,
		const struct sidecar_service *before, const struct sidecar_service *after);
enum weft_status sidecar_services_watch(struct sidecar *program, sidecar_services_watch_fn *call);
void sidecar_services_unwatch(struct sidecar *program, sidecar_services_watch_fn *call);

/* Other texts are quarantined: a policy whose action is not understood must not be ignored. */
enum sidecar_action {
	SIDECAR_ACTION_ALLOW,
	SIDECAR_ACTION_DENY,
	SIDECAR_ACTION_CUSTOM,
	SIDECAR_ACTION_AUDIT,
};

struct sidecar_target_reference {
	uint8_t nothing;
};

struct sidecar_target_reference_list {
	const struct sidecar_target_reference *items;
	size_t count;
};

struct sidecar_target_reference_option {
	bool has;
	struct sidecar_target_reference value;
};

struct sidecar_string_list {
	const struct weft_text *items;
	size_t count;
};

struct sidecar_cidr_list {
	const struct weft_cidr *items;
	size_t count;
};

/* Who: the fields are all true of the peer; a field is true when one of its values is; `not_` when none is. */
struct sidecar_source {
	struct sidecar_string_list principals;
	struct sidecar_string_list not_principals;
	struct sidecar_string_list namespaces;
	struct sidecar_string_list not_namespaces;
	struct sidecar_cidr_list ip_blocks;
	struct sidecar_cidr_list not_ip_blocks;
	struct sidecar_string_list other;
};

struct sidecar_from {
	struct sidecar_source source;
};

struct sidecar_from_list {
	const struct sidecar_from *items;
	size_t count;
};

struct sidecar_port_list {
	const uint16_t *items;
	size_t count;
};

/* What: ports only; hosts, methods and paths need the request. */
struct sidecar_operation {
	struct sidecar_port_list ports;
	struct sidecar_port_list not_ports;
	struct sidecar_string_list other;
};

struct sidecar_to {
	struct sidecar_operation operation;
};

struct sidecar_to_list {
	const struct sidecar_to *items;
	size_t count;
};

/* An attribute and its values; one of `values`, none of `not_values`. */
struct sidecar_when {
	struct weft_text key;
	struct sidecar_string_list values;
	struct sidecar_string_list not_values;
	struct sidecar_string_list other;
};

struct sidecar_when_list {
	const struct sidecar_when *items;
	size_t count;
};

struct sidecar_rule {
	struct sidecar_from_list from;
	struct sidecar_to_list to;
	struct sidecar_when_list when;
	struct sidecar_string_list other;
};

struct sidecar_rule_list {
	const struct sidecar_rule *items;
	size_t count;
};

/* The rules with the action that decides what an unreadable part means. */
struct sidecar_rules {
	enum sidecar_action action;
	struct sidecar_rule_list rules;
};

struct sidecar_authorization_policy {
	struct weft_text name;
	struct weft_text namespace_;
	enum sidecar_action action;
	struct sidecar_target_reference_list target_refs;
	struct sidecar_target_reference_option target_ref;
	struct weft_label_selector selector;
	struct sidecar_rules rules;
};

/* ---- policies ---- */
/* WEFT_INVALID: `why`, if not NULL, gets the reason. Inside of a watcher: in the next transaction. */
enum weft_status sidecar_policies_put(struct sidecar *program,
		const struct sidecar_authorization_policy *row, const char **why);
enum weft_status sidecar_policies_delete(struct sidecar *program, struct weft_text namespace_,
		struct weft_text name);
/* All rows that there are now have been put: what waits for them may begin. */
enum weft_status sidecar_policies_synced(struct sidecar *program);
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct sidecar_authorization_policy *sidecar_policies_get(struct sidecar *program,
		struct weft_text namespace_, struct weft_text name);
size_t sidecar_policies_list(struct sidecar *program,
		const struct sidecar_authorization_policy **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void sidecar_policies_watch_fn(void *user, struct sidecar *program,
		const struct sidecar_authorization_policy *before,
		const struct sidecar_authorization_policy *after);
enum weft_status sidecar_policies_watch(struct sidecar *program, sidecar_policies_watch_fn *call);
void sidecar_policies_unwatch(struct sidecar *program, sidecar_policies_watch_fn *call);

/* What became of an instance of a rule: the column `state` of its observed row. */
enum sidecar_state_tag {
	SIDECAR_STATE_PENDING,
	SIDECAR_STATE_OPEN,
	SIDECAR_STATE_FAILED,
	SIDECAR_STATE_DRAINING,
};
struct sidecar_state {
	enum sidecar_state_tag tag;
	union {
		struct {
			struct weft_text item0;
		} pending;
		struct {
			struct weft_text item0;
		} failed;
	} as;
};

struct sidecar_inbound {
	struct sidecar_state state;
};

/* ---- inbound ---- */
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct sidecar_inbound *sidecar_inbound_get(struct sidecar *program);
size_t sidecar_inbound_list(struct sidecar *program, const struct sidecar_inbound **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void sidecar_inbound_watch_fn(void *user, struct sidecar *program,
		const struct sidecar_inbound *before, const struct sidecar_inbound *after);
enum weft_status sidecar_inbound_watch(struct sidecar *program, sidecar_inbound_watch_fn *call);
void sidecar_inbound_unwatch(struct sidecar *program, sidecar_inbound_watch_fn *call);

struct sidecar_services_ref {
	struct weft_text namespace_;
	struct weft_text name;
};

struct sidecar_served {
	uint16_t target;
	struct sidecar_services_ref service;
};

/* ---- served ---- */
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct sidecar_served *sidecar_served_get(struct sidecar *program, uint16_t target);
size_t sidecar_served_list(struct sidecar *program, const struct sidecar_served **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void sidecar_served_watch_fn(void *user, struct sidecar *program,
		const struct sidecar_served *before, const struct sidecar_served *after);
enum weft_status sidecar_served_watch(struct sidecar *program, sidecar_served_watch_fn *call);
void sidecar_served_unwatch(struct sidecar *program, sidecar_served_watch_fn *call);

struct sidecar_policies_ref {
	struct weft_text namespace_;
	struct weft_text name;
};

struct sidecar_guards {
	enum sidecar_action action;
	struct sidecar_policies_ref policy;
	struct sidecar_rules rules;
};

/* ---- guards ---- */
/* NULL: there is none. Valid until the next turn, like what _list gives. */
const struct sidecar_guards *sidecar_guards_get(struct sidecar *program, enum sidecar_action action,
		struct sidecar_policies_ref policy);
size_t sidecar_guards_list(struct sidecar *program, const struct sidecar_guards **rows);
/* The rows that are there at once, then the net changes of each transaction: `before` is NULL for a new row, `after` for one that went. */
typedef void sidecar_guards_watch_fn(void *user, struct sidecar *program,
		const struct sidecar_guards *before, const struct sidecar_guards *after);
enum weft_status sidecar_guards_watch(struct sidecar *program, sidecar_guards_watch_fn *call);
void sidecar_guards_unwatch(struct sidecar *program, sidecar_guards_watch_fn *call);

/* Runs a connected socket through the listener's handler, as if it had accepted it; then it is the program's. */
enum weft_status sidecar_inbound_adopt(struct sidecar *program, int descriptor);
/* A connection to `to` without a socket: the handler decides about it, and is at the stream's other end. */
enum weft_status sidecar_inbound_dial(struct sidecar *program, struct weft_addr to,
		struct weft_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
