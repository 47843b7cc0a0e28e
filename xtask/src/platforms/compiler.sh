#!/bin/sh
# Replaces a C compiler of another system. A check links nothing, so each output is an empty file.
# Questions about the compiler itself go to clang.
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
