/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * client.c: `weft status` and `weft watch`: ask a running program at its Unix socket, and print
 * what it answers. Which socket: --admin PATH; else that of the program named; else the only one
 * that answers in the directory where programs put theirs ($XDG_RUNTIME_DIR, or /tmp/weft-UID:
 * runtime/app/options.c has the same rule).
 */
#include "compile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATH_ROOM = sizeof(((struct sockaddr_un *)0)->sun_path), FOUND_MAX = 64 };

struct found {
	char path[FOUND_MAX][PATH_ROOM];
	char name[FOUND_MAX][64];
	size_t count;
};

/* A connection, or -1: errno says why. */
static int call(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= PATH_ROOM) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	return fd;
}

/* Where sockets are, and how their names begin: "weft-shop.sock" there, "shop.sock" here. */
static void place(char *directory, size_t size, const char **prefix)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	*prefix = runtime && runtime[0] == '/' ? "weft-" : "";
	if (**prefix)
		snprintf(directory, size, "%s", runtime);
	else
		snprintf(directory, size, "/tmp/weft-%u", (unsigned)getuid());
}

static void look(struct found *f)
{
	char directory[200];
	const char *prefix, *end = ".sock";
	place(directory, sizeof(directory), &prefix);
	struct stat st;
	if (lstat(directory, &st) != 0 || st.st_uid != getuid())
		return; /* not ours: who knows who answers there */
	DIR *d = opendir(directory);
	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		size_t size = strlen(e->d_name), p = strlen(prefix), s = strlen(end);
		if (size <= p + s || strncmp(e->d_name, prefix, p) != 0 ||
			strcmp(e->d_name + size - s, end) != 0 || f->count == FOUND_MAX)
			continue;
		if (snprintf(f->path[f->count], PATH_ROOM, "%s/%s", directory, e->d_name) >=
			PATH_ROOM)
			continue;
		int fd = call(f->path[f->count]);
		if (fd < 0)
			continue; /* left behind */
		close(fd);
		snprintf(f->name[f->count], sizeof(f->name[0]), "%.*s", (int)(size - p - s),
			e->d_name + p);
		f->count++;
	}
	if (d)
		closedir(d);
}

/* The socket of the program `name`, or of the only one; -1 when it said why there is none. */
static int find(const char *command, const char *name)
{
	struct found *f = calloc(1, sizeof(*f));
	int fd = -1;
	if (!f)
		return -1;
	look(f);
	size_t hits = 0, hit = 0;
	for (size_t i = 0; i < f->count; i++)
		if (!name || strcmp(name, f->name[i]) == 0) {
			hits++;
			hit = i;
		}
	if (hits == 1) {
		fd = call(f->path[hit]);
	} else if (f->count == 0) {
		fprintf(stderr,
			"weft %s: no program is running (or it has another socket: --admin PATH)\n",
			command);
	} else {
		fprintf(stderr, "weft %s: %s; these are running:", command,
			name ? "no program of this name" : "which one?");
		for (size_t i = 0; i < f->count; i++)
			fprintf(stderr, " %s", f->name[i]);
		fprintf(stderr, "\nGive its name, or --admin PATH.\n");
	}
	free(f);
	return fd;
}

/* The line behind the rows that are there at the beginning: `= 3 rows`, {"rows":3}. */
struct line_head {
	char bytes[8];
	size_t size;
};

static bool ends_present(struct line_head *h, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			if (h->size < sizeof(h->bytes))
				h->bytes[h->size++] = bytes[i];
			continue;
		}
		if ((h->size >= 2 && memcmp(h->bytes, "= ", 2) == 0) ||
			(h->size == 8 && memcmp(h->bytes, "{\"rows\":", 8) == 0))
			return true;
		h->size = 0;
	}
	return false;
}

/* Sends the request, prints the answer as it comes (`once`: up to the rows that are there). A line
 * that begins with `!` (or
 * {"error") is a refusal. */
static int ask(const char *command, int fd, const char *request, bool once)
{
	struct line_head head = { .size = 0 };
	char bytes[65536];
	size_t size = strlen(request);
	bool first = true, refused = false;
	if (write(fd, request, size) != (ssize_t)size) {
		fprintf(stderr, "weft %s: %s\n", command, strerror(errno));
		return 1;
	}
	for (ssize_t n; (n = read(fd, bytes, sizeof(bytes))) != 0;) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "weft %s: %s\n", command, strerror(errno));
			return 1;
		}
		if (first)
			refused =
				bytes[0] == '!' || (n >= 8 && memcmp(bytes, "{\"error\"", 8) == 0);
		first = false;
		FILE *out = refused ? stderr : stdout;
		if (fwrite(bytes, 1, (size_t)n, out) != (size_t)n || fflush(out) != 0)
			return 1; /* nobody reads any more */
		if (once && ends_present(&head, bytes, (size_t)n))
			break;
	}
	return refused;
}

struct request {
	const char *admin, *operand[2];
	size_t operand_count;
	bool json, once;
};

static int converse(
	const char *command, const struct request *r, const char *name, const char *request)
{
	const char *admin = r->admin;
	int fd = admin ? call(admin) : find(command, name);
	if (fd < 0 && admin)
		fprintf(stderr, "weft %s: %s: %s\n", command, admin,
			errno == ECONNREFUSED || errno == ENOENT ? "nobody answers there"
								 : strerror(errno));
	if (fd < 0)
		return 1;
	int code = ask(command, fd, request, r->once);
	close(fd);
	return code;
}

static const struct option options[] = {
	{ "--admin", "PATH", "the program's socket" },
	{ "--json", NULL, "for tools" },
	{ "--once", NULL, "the rows that are there, and no more" },
};

static bool read_request(int argc, char **argv, struct request *r)
{
	struct option_match m;
	bool failed = false;
	for (int i = 1; option_next(argc, argv, options, 3, &i, &m, &failed);) {
		if (m.option == &options[0])
			r->admin = m.value;
		else if (m.option == &options[1])
			r->json = true;
		else if (m.option)
			r->once = true;
		else if (r->operand_count < 2)
			r->operand[r->operand_count++] = m.value;
		else
			failed = true;
	}
	return !failed;
}

int command_status(int argc, char **argv)
{
	struct request r = { 0 };
	if (!read_request(argc, argv, &r) || r.operand_count > 1) {
		fprintf(stderr, "Usage: weft status [PROGRAM] [--admin PATH] [--json]\n");
		return 2;
	}
	return converse("status", &r, r.operand[0], r.json ? "status json\n" : "status\n");
}

int command_watch(int argc, char **argv)
{
	struct request r = { 0 };
	char line[400];
	if (!read_request(argc, argv, &r) || r.operand_count < 1 || strpbrk(r.operand[0], "\n")) {
		fprintf(stderr,
			"Usage: weft watch COLLECTION [PROGRAM] [--admin PATH] [--json] "
			"[--once]\n");
		return 2;
	}
	if (snprintf(line, sizeof(line), "watch %s%s\n", r.operand[0], r.json ? " json" : "") >=
		(int)sizeof(line)) {
		fprintf(stderr, "weft watch: no collection has a name of that length\n");
		return 2;
	}
	return converse("watch", &r, r.operand[1], line);
}
