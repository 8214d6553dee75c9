# Weft. `make` builds the tool and the library and installs nothing; `make run` and `make test` first install what is
# missing (apt); see README.md.
CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers
BUILD   ?= build
PREFIX  ?= /usr/local
GEN     := $(BUILD)/gen

LAYERS  := base table io loop net proto mesh app
RT_SRC  := $(foreach l,$(LAYERS),$(wildcard runtime/$(l)/*.c))
CO_SRC  := $(wildcard compiler/*.c) $(GEN)/lexer.c $(GEN)/grammar.c
RT_OBJ  := $(RT_SRC:%.c=$(BUILD)/%.o)
CO_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(GEN)/%,$(CO_SRC))) $(GEN)/lexer.o $(GEN)/grammar.o
RT_LIBS := -luring -lyaml -lpthread
STDLIB  := $(wildcard stdlib/*.weft stdlib/*/*.weft)

.PHONY: all clean install run test check unit update format bench-proxy bench-engine
all: $(BUILD)/weft $(BUILD)/libweft.a

# ---- the two commands of the README: they install what is missing ----
run:
	@tests/deps.sh build
	@$(MAKE) -s all
	@examples/bookinfo/demo
test:
	@tests/deps.sh test
	@$(MAKE) -s -j2 all
	@$(MAKE) -s -j2 unit
	@tests/run-all $(SUITES)
# The fast part, under a minute: no sanitizers, no simulation, no waiting for the world.
check: all
	@tests/run-all lex parse diag fmt type plan cli emit engine-programs oracle authz run tidy
update: all
	UPDATE=1 tests/run-all $(SUITES)

bench-proxy: all
	@tests/deps.sh test
	@tests/bench/proxy.sh
# What a change costs in compiled programs; SQLite stands beside them where libsqlite3-dev is installed.
bench-engine: all
	@tests/bench/engine/run.sh

# The layout of C, as .clang-format says; generated goldens are the compiler's own.
format:
	git ls-files '*.c' '*.h' | grep -v '^tests/emit/' | xargs clang-format -i

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/weft/abi \
	  $(DESTDIR)$(PREFIX)/share/weft $(DESTDIR)$(PREFIX)/share/man/man1
	install $(BUILD)/weft $(DESTDIR)$(PREFIX)/bin/weft
	install -m 644 $(BUILD)/libweft.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 runtime/include/weft/*.h $(DESTDIR)$(PREFIX)/include/weft/
	install -m 644 runtime/include/weft/abi/*.h $(DESTDIR)$(PREFIX)/include/weft/abi/
	cp -R stdlib $(DESTDIR)$(PREFIX)/share/weft/
	install -m 644 dsl/weft.1 $(DESTDIR)$(PREFIX)/share/man/man1/

$(BUILD)/weft: $(CO_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread
$(BUILD)/libweft.a: $(RT_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -Iruntime/include -Iruntime -MMD -MP -c -o $@ $<
$(BUILD)/compiler/%.o: compiler/%.c | $(GEN)/ast_slots.h $(GEN)/grammar.h
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -Icompiler -Idsl -I$(GEN) -MMD -MP -c -o $@ $<
$(GEN)/%.o: $(GEN)/%.c | $(GEN)/ast_slots.h $(GEN)/grammar.h
	$(CC) -std=c11 $(CFLAGS) -D_GNU_SOURCE -Icompiler -Idsl -I$(GEN) -MMD -MP -c -o $@ $<
$(GEN)/lexer.c: dsl/lexer.re
	@mkdir -p $(@D)
	re2c --no-generation-date -W -o $@ $<
$(GEN)/grammar.c $(GEN)/grammar.h: dsl/grammar.y
	@mkdir -p $(@D)
	cp $< $(GEN)/grammar.y && cd $(GEN) && lemon -q grammar.y
# KIND_SLOT numbers from the slots of ast.tbl
$(GEN)/ast_slots.h: compiler/ast.tbl
	@mkdir -p $(@D)
	sed -n 's/^NODE(\([A-Z_]*\),.*SLOTS(\([A-Z, ]*\)).*/\1 \2/p' $< | tr -d , | \
	awk '{printf "enum { "; for (i = 2; i <= NF; i++) printf "%s_%s, ", $$1, $$i; printf "%s_SLOTS };\n", $$1}' >$@

# ---- tests: each tests/unit/*.c is a program, with the sanitizers; tsan_*.c with the thread sanitizer ----
ASAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
TSAN := -O1 -g -fsanitize=thread
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))
unit:
	@$(MAKE) -s BUILD=$(BUILD)/asan CFLAGS="$(ASAN)" $(BUILD)/asan/libweft.a
	@$(if $(wildcard tests/unit/tsan_*.c),$(MAKE) -s BUILD=$(BUILD)/tsan CFLAGS="$(TSAN)" $(BUILD)/tsan/libweft.a)
	@$(MAKE) -s $(UNIT)
UNIT_CC = $(CC) -std=c11 $(WARN) -D_GNU_SOURCE -Iruntime/include -Iruntime -Itests/unit
$(BUILD)/tests/unit/tsan_%: tests/unit/tsan_%.c $(BUILD)/tsan/libweft.a $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) $(TSAN) -o $@ $< $(BUILD)/tsan/libweft.a $(RT_LIBS)
$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/asan/libweft.a $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	$(UNIT_CC) $(ASAN) -o $@ $< $(BUILD)/asan/libweft.a $(RT_LIBS)

clean:
	rm -rf $(BUILD)

-include $(RT_OBJ:.o=.d) $(CO_OBJ:.o=.d)
