# For those who have make: the two commands of the README, scripts/demo and scripts/check, and what one does beside them. make lists all.
.DEFAULT_GOAL := help
.PHONY: help install build test demo reproduce bench format format-check lint publish clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: ## install what is missing (apt, npm, NuGet); nothing when nothing is
	@scripts/install

build: install ## build everything in Release
	@scripts/build

test: ## install, build and run every test; some with T=Gdal
	@scripts/check $(T)

demo: ## make a small scene, map it, say where the map is and how good
	@scripts/demo

reproduce: install ## compare seven models on a toy scene, reduced (pipelines/reproduce/README.md)
	./flair compare pipelines/reproduce/*.yaml --toy --output demo/reproduce

ifneq ($(wildcard bench/run),)
bench: build ## measure (bench/run)
	@bench/run
endif

format: ## format the code
	@scripts/format

format-check: ## fail where `make format` would change something
	@scripts/format --verify-no-changes

lint: build format-check ## analyzers (in the build), format, shellcheck where it is installed
	@if command -v shellcheck >/dev/null; then shellcheck -x -S warning flair scripts/common.sh $$(grep -slI "^\#!.*bash" scripts/* .ci/* bench/*); \
	else echo "shellcheck is not installed: the scripts were not checked"; fi

publish: ## a self-contained program for linux-x64 in artifacts/publish
	@scripts/publish

clean: ## delete what was built and the demo; keeps .native
	@rm -rf artifacts demo src/*/bin src/*/obj tests/*/bin tests/*/obj bench/*/bin bench/*/obj
