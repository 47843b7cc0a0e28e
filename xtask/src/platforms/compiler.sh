#!/bin/sh
# Replaces a C compiler of another system. A check links nothing, so each output is an empty file.
# Queries about the compiler itself are passed to clang.
for word; do
	case $word in -E | -dM | --version | -v | -dumpmachine) exec clang "$@" ;; esac
done
output=
for word; do
	if [ "$output" = next ]; then
		: >"$word"
		exit
	fi
	case $word in
	-o) output=next ;;
	-o?*) : >"${word#-o}" ;;
	esac
done
