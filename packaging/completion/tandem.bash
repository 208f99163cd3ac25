# bash completion for tandem; candidates come from the program, names from the running balancer.
_tandem() {
  local IFS=$'\n'
  # shellcheck disable=SC2207 # one candidate a line
  COMPREPLY=($("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _tandem tandem
