# fish completion of `git-fedlearn`, and of `git fedlearn`: fish's own git completion asks for it.
function __git_fedlearn_complete
    set -lx COMP_WORDS (commandline -cp)
    set -lx COMP_CWORD (commandline -t)
    set -lx _GIT_FEDLEARN_COMPLETE fish_complete
    for answer in (git-fedlearn 2>/dev/null)
        set -l parts (string split -m 1 , -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end

complete --no-files --command git-fedlearn --arguments '(__git_fedlearn_complete)'
