/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sqlite.c: the same answer kept by SQLite: in memory, a trigger that makes a changed pod's rows
 * anew, prepared statements. Selection by labels is an equality here. Built in where <sqlite3.h>
 * is.
 */
#include "bench.h"

#if defined __has_include
#if __has_include(<sqlite3.h>)
#define HAVE_SQLITE 1
#endif
#endif

#ifdef HAVE_SQLITE
#include <sqlite3.h>
#include <stdio.h>

static const char schema[] =
	"pragma journal_mode = off; pragma synchronous = off;"
	"create table pods (namespace text, name text, ip int, node text, app text,"
	"  primary key (namespace, name)) without rowid;"
	"create table services (namespace text, name text, app text, port int,"
	"  primary key (namespace, app, name)) without rowid;"
	"create table nodes (name text primary key, zone text) without rowid;"
	"create table addresses (namespace text, pod text, service text, ip int, port int, zone "
	"text,"
	"  primary key (namespace, pod, service)) without rowid;";
static const char trigger[] =
	"create trigger moved after update on pods begin"
	"  delete from addresses where namespace = old.namespace and pod = old.name;"
	"  insert into addresses select new.namespace, new.name, s.name, new.ip, s.port, n.zone "
	"from services s, nodes n"
	"    where s.namespace = new.namespace and s.app = new.app and n.name = new.node; end;"
	"insert into addresses select p.namespace, p.name, s.name, p.ip, s.port, n.zone from pods "
	"p, services s, nodes n"
	"  where s.namespace = p.namespace and s.app = p.app and n.name = p.node;";

struct db {
	sqlite3 *connection;
	sqlite3_stmt *update;
};

static void bind(sqlite3_stmt *q, int at, const char *text)
{
	sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
}

static void step(sqlite3_stmt *q)
{
	if (sqlite3_step(q) != SQLITE_DONE)
		fatal(sqlite3_errmsg(sqlite3_db_handle(q)));
	sqlite3_reset(q);
}

static void run(sqlite3 *c, const char *text)
{
	if (sqlite3_exec(c, text, NULL, NULL, NULL))
		fatal(sqlite3_errmsg(c));
}

static sqlite3_stmt *prepare(sqlite3 *c, const char *text)
{
	sqlite3_stmt *q;
	if (sqlite3_prepare_v2(c, text, -1, &q, NULL))
		fatal(sqlite3_errmsg(c));
	return q;
}

/* By place: 1 ip, 2 node, 3 app, 4 namespace, 5 name. */
static void change(void *state, const struct pod *p)
{
	struct db *d = state;
	sqlite3_bind_int64(d->update, 1, p->ip);
	bind(d->update, 2, p->node);
	bind(d->update, 3, p->app);
	bind(d->update, 4, p->namespace);
	bind(d->update, 5, p->name);
	step(d->update);
}

static void load_others(const struct shape *s, sqlite3 *c)
{
	char node[NAME_ROOM], zone[NAME_ROOM];
	sqlite3_stmt *services =
		prepare(c, "insert into services (namespace, name, app, port) values (?, ?, ?, ?)");
	sqlite3_stmt *nodes = prepare(c, "insert into nodes values (?, ?)");
	for (size_t k = 0; k < service_count(s); k++) {
		struct service v;
		service_make(s, k, &v);
		bind(services, 1, v.namespace);
		bind(services, 2, v.name);
		bind(services, 3, v.app);
		sqlite3_bind_int64(services, 4, v.port);
		step(services);
	}
	for (size_t k = 0; k < s->nodes; k++) {
		node_make(k, node, zone);
		bind(nodes, 1, node);
		bind(nodes, 2, zone);
		step(nodes);
	}
	sqlite3_finalize(services);
	sqlite3_finalize(nodes);
}

static uint64_t digest(void *state)
{
	struct db *d = state;
	sqlite3_stmt *q = prepare(d->connection, "select ip, port from addresses");
	uint64_t sum = 0;
	for (; sqlite3_step(q) == SQLITE_ROW; sum++)
		sum += digest_row(sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1));
	sqlite3_finalize(q);
	return sum;
}

struct system sqlite_system(const struct shape *s)
{
	static struct db d;
	struct db load = { 0 };
	struct pod p;
	size_t before = heap_bytes();

	if (sqlite3_open(":memory:", &d.connection))
		fatal("sqlite3_open");
	run(d.connection, schema);
	run(d.connection, "begin");
	load_others(s, d.connection);
	load.update = prepare(d.connection,
		"insert into pods (ip, node, app, namespace, name) values (?, ?, ?, ?, ?)");
	for (size_t k = 0; k < s->pods; k++) {
		pod_make(s, k, (int64_t)k, &p);
		change(&load, &p);
	}
	sqlite3_finalize(load.update);
	run(d.connection, trigger);
	run(d.connection, "commit");
	d.update = prepare(d.connection,
		"update pods set ip = ?, node = ?, app = ? where namespace = ? and name = ?");
	return (struct system){ "sqlite", &d, change, heap_bytes() - before, NULL, digest };
}
#else
struct system sqlite_system(const struct shape *s)
{
	(void)s;
	return (struct system){ 0 };
}
#endif
