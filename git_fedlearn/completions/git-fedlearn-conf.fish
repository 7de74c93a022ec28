# `git fedlearn` in fish, for versions whose own git completion does not ask git-fedlearn (3.6.0 of Debian 12).
function __git_fedlearn_after_git
    set -l words (commandline -opc)
    set -l at (contains -i -- fedlearn $words)
    or return
    set -l folders
    for i in (seq 2 (math $at - 1))
        if test $words[$i] = -C
            set -a folders -C $words[(math $i + 1)]
        end
    end
    set -l typed (string escape -- $folders $words[(math $at + 1)..])
    complete -C "git-fedlearn $typed "(commandline -ct)
end

complete -c git -f -n __fish_git_needs_command -a fedlearn -d 'Share what a local AI stack learns'
complete -c git -f -n '__fish_git_using_command fedlearn' -a '(__git_fedlearn_after_git)'
