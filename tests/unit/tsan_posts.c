/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * tsan_posts: tasks from several threads to one loop, under the thread sanitizer: each runs once, those of one
 * thread in their order, and a sleeping loop is woken.
 */
#include "cases.h"
#include "loop/loop.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 3, TASKS = 2000 };

struct job {
	struct weft_task task;
	int thread, order;
};

static struct job jobs[THREADS][TASKS];
static int next_of[THREADS], ran, out_of_order;
static struct weft_loop *loop;

static void run(struct weft_task *task)
{
	struct job *job = (struct job *)task;
	out_of_order += job->order != next_of[job->thread];
	next_of[job->thread]++;
	ran++;
}

static void *post_all(void *argument)
{
	int thread = *(int *)argument;
	for (int i = 0; i < TASKS; i++) {
		jobs[thread][i] = (struct job){ .task.run = run, .thread = thread, .order = i };
		weft_loop_post(loop, &jobs[thread][i].task);
		if (i % 100 == 0)
			sched_yield();
	}
	return NULL;
}

static void posts_from_threads(const char *backend)
{
	struct weft_io_options options = { .backend = backend };
	pthread_t threads[THREADS];
	int numbers[THREADS];
	memset(next_of, 0, sizeof(next_of));
	ran = out_of_order = 0;
	CHECK(weft_loop_create(&options, &loop) == WEFT_OK);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, post_all, &numbers[i]);
	}
	while (ran < THREADS * TASKS)
		weft_loop_turn(loop, -1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(ran == THREADS * TASKS && out_of_order == 0);
	weft_loop_destroy(loop);
}

static void posts_io_uring(void)
{
	posts_from_threads("io_uring");
}

static void posts_epoll(void)
{
	posts_from_threads("epoll");
}

int main(void)
{
	CASE(posts_io_uring);
	CASE(posts_epoll);
	return cases_end();
}
