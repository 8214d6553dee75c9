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

.PHONY: all clean install deps run test check update
all: $(BUILD)/weft $(BUILD)/libweft.a

$(BUILD)/weft: $(CO_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread
$(BUILD)/libweft.a: $(RT_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -Iruntime/include -Iruntime -MMD -MP -c -o $@ $<
$(BUILD)/compiler/%.o: compiler/%.c | $(GEN)/ast_slots.h
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -Icompiler -Idsl -I$(GEN) -MMD -MP -c -o $@ $<
$(GEN)/%.o: $(GEN)/%.c | $(GEN)/ast_slots.h
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

clean:
	rm -rf $(BUILD)

-include $(RT_OBJ:.o=.d) $(CO_OBJ:.o=.d)
