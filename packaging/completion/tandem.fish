# fish completion for tandem; candidates come from the program, names from the running balancer.
function __tandem_complete
    set -l words (commandline -opc) (commandline -ct)
    command $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c tandem -a '(__tandem_complete)'
