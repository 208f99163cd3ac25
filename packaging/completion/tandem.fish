# fish completion for tandem; candidates come from the program, names from the running balancer.
function __tandem_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (command $words[1] complete -- $words[2..-1] 2>/dev/null)
    if test -n "$found"
        printf '%s\n' $found
    else
        __fish_complete_path $words[-1]
    end
end
# Without -f fish would offer files beside every word.
complete -c tandem -f -a '(__tandem_complete)'
