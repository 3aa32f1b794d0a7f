/** Windows with room for a second column; the style sheets of Home and PersonPage say the same. */
export const WIDE = '(min-width: 720px)';
